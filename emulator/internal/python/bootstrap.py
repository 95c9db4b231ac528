"""Runs the handler of one function in a worker process of the emulator.

Requests and replies are frames: the length in four bytes (big-endian), a head, which is one line of JSON, and the data
or response of the call. Data and response are separate from the head because they are the user's JSON: if one side
cannot decode them, it can still read the head. The first request loads the handler. Each later request calls it.

stdout and stderr are the log pipe. After each request, its mark is written to the log pipe, so that the reader knows
where the output of the request ends.

Works on Python 3.8 and later.
"""

import sys

STARTUP_MODULES = frozenset(sys.modules)  # without the imports below; see unload_shadowed_modules

import fcntl
import importlib.util
import inspect
import json
import os
import re
import struct
import threading
import traceback

ARGUMENTS = ("data", "client", "secrets", "function_call_info")
MAX_LENGTH = 2000  # characters of a message or a trace, as in the service
WORKER_PID = os.getpid()


class UserError(Exception):
    """The handler, its data or its response is invalid. The message is shown without a traceback."""


class CogniteClientUnavailable(RuntimeError):
    """The handler used the client argument, which is only a placeholder."""


class PlaceholderClient:
    """Replaces the CogniteClient of the service. Access to its attributes raises CogniteClientUnavailable."""

    def __getattr__(self, name):
        if name.startswith("__"):  # copy, pickle and inspect read these
            raise AttributeError(name)
        raise CogniteClientUnavailable(
            "this emulator does not provide the Cognite client yet, so client.%s does not exist: "
            "create a CogniteClient in the handler, from its secrets or environment variables" % name
        )


def move_to_high_fd(fd):
    """Moves fd to a number of at least 100, which user code rarely uses by accident, and sets close-on-exec."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(fd)
    return moved


def load_libc():
    """Configures the C library and returns it, or None if Python has no ctypes.

    Without ctypes, output of C extensions may be lost and orphaned descendants may survive the worker.
    """
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        libc.fflush(None)
    except Exception:
        return None
    for name in ("stdout", "__stdoutp"):  # Linux, macOS
        try:
            stdout = ctypes.c_void_p.in_dll(libc, name)
        except ValueError:
            continue
        line_buffered = 1  # _IOLBF: keeps the order of C output and Python output
        libc.setvbuf(stdout, None, line_buffered, ctypes.c_size_t(0))
    if sys.platform == "linux":
        # Orphaned descendants become children of this process. The emulator finds and kills them there.
        set_child_subreaper = 36
        libc.prctl(set_child_subreaper, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    return libc


class Output:
    """The log pipe for the output of Python code and C code, and for the marks."""

    def __init__(self):
        self.fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 100)  # remains open if the handler closes stdout
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.libc = load_libc()
        self.save()

    def save(self):
        """Saves sys.stdout and sys.stderr for restore."""
        self.streams = (sys.stdout, sys.stderr)

    def flush(self):
        """Flushes all buffers. The handler may have closed or replaced any stream."""
        for fd in (1, self.fd):
            try:
                os.set_blocking(fd, True)  # a child process may have changed the shared pipe
            except OSError:
                pass
        for name in ("__stdout__", "__stderr__", "stdout", "stderr"):
            try:
                getattr(sys, name).flush()
            except Exception:
                pass
        for stream in self.streams:
            try:
                stream.flush()
            except Exception:
                pass
        if self.libc is not None:
            self.libc.fflush(None)

    def restore(self):
        """Restores stdout and stderr after a call. Returns whether they are usable."""
        for fd in (1, 2):
            os.dup2(self.fd, fd)
        sys.stdout, sys.stderr = self.streams  # if this releases a wrapper, the wrapper closes the stream inside it
        try:
            return not any(getattr(stream, "closed", False) for stream in self.streams)
        except ValueError:  # detached
            return False

    def write_mark(self, mark):
        """Marks the end of the output of one request."""
        os.write(self.fd, mark.encode("ascii") + b"\n")


class Function:
    """The handler and its arguments."""

    def __init__(self, load):
        self.root = load["root"]
        self.path = load["path"]
        self.id = load["function_id"]
        self.secrets = load["secrets"]
        self.response_limit = load["response_limit"]
        self.client = PlaceholderClient()
        self.handle = None
        self.arguments = ()
        self.threads = set()

    def load(self):
        """Imports the handler's file as a top-level module, with the function's directory first in sys.path."""
        own_directory = os.path.dirname(os.path.abspath(__file__))
        sys.path[:] = [self.root] + [entry for entry in sys.path if entry != own_directory]
        self.unload_shadowed_modules()
        location = os.path.join(self.root, *self.path.split("/"))
        sys.argv = [location]
        name = os.path.splitext(os.path.basename(location))[0]
        spec = importlib.util.spec_from_file_location(name, location)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self.arguments = handler_arguments(module, self.path)
        self.handle = module.handle
        self.threads = set(threading.enumerate())

    def unload_shadowed_modules(self):
        """Unloads modules that this file imported if the function has a module of the same name.

        For example, "import json" in the function then imports its own json.py, as in a script. This file keeps its
        references to the unloaded modules. Modules that Python imported at startup remain loaded.
        """
        for name in set(sys.modules) - STARTUP_MODULES:
            location = os.path.join(self.root, name.partition(".")[0])
            if os.path.isfile(location + ".py") or os.path.isfile(os.path.join(location, "__init__.py")):
                del sys.modules[name]

    def is_reusable(self):
        """Returns whether the process can run another call.

        It cannot if the code was deleted, or if a thread is running that the import did not start. The output of that
        thread would appear in the log of the next call.
        """
        return os.path.isdir(self.root) and self.threads.issuperset(threading.enumerate())

    def call(self, call, data):
        """Runs the handler once and returns its response as JSON in UTF-8."""
        try:
            os.chdir(self.root)
        except OSError as error:
            raise UserError("cannot change to the directory of the function's code (%s)" % error.strerror) from None
        info = {"function_id": self.id, "call_id": call["call_id"]}
        if call.get("schedule_id"):
            info["schedule_id"] = call["schedule_id"]
            info["scheduled_time"] = call["scheduled_time"]
        values = {
            "data": decode_data(data),
            "client": self.client,
            "secrets": dict(self.secrets),
            "function_call_info": info,
        }
        return encode_response(self.handle(**{name: values[name] for name in self.arguments}), self.response_limit)

    def describe(self, error):
        """Returns the message and the trace of an exception, without frames and paths of the emulator."""
        if isinstance(error, UserError):
            return str(error), ""
        try:
            text = str(error)
        except BaseException as second:
            text = "<str() raised %s>" % type(second).__name__
        if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(self.root):
            text = "%s (%s, line %s)" % (error.msg, error.filename, error.lineno)
        message = type(error).__name__ + (": " + text if text else "")
        try:
            frames = strip_own_frames(error.__traceback__)
            trace = "".join(traceback.format_exception(type(error), error, frames))
        except BaseException:  # formatting calls code of the exception, which can raise
            trace = ""
        return self.relative(message)[:MAX_LENGTH], self.relative(trace)[-MAX_LENGTH:]

    def relative(self, text):
        """Replaces absolute paths in the function's directory with relative paths."""
        return re.sub(re.escape(self.root) + r"(?![\w.-])", ".", text.replace(self.root + os.sep, ""))


def handler_arguments(module, path):
    """Returns the argument names of the module's handle, or raises UserError if handle is not valid."""
    if not hasattr(module, "handle"):
        found = sorted(
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__
        )
        hint = "found: " + ", ".join(found[:10]) if found else "the file has no function at all"
        raise UserError('%s has no function named "handle" (%s)' % (path, hint))
    handle = module.handle
    if not callable(handle):
        raise UserError('"handle" in %s is of type %s; make it a function' % (path, type(handle).__name__))
    for code in (handle, getattr(handle, "__call__", None)):
        if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
            raise UserError('"handle" in %s is async, which the service does not support; use a plain "def"' % path)
    options = {}
    if sys.version_info >= (3, 14):
        import annotationlib

        # The default format evaluates annotations, which raises for names that exist only for type checkers.
        options["annotation_format"] = annotationlib.Format.FORWARDREF
    try:
        parameters = inspect.signature(handle, **options).parameters.values()
    except ValueError:
        raise UserError('the arguments of "handle" in %s cannot be determined; use a plain "def"' % path) from None
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    for parameter in parameters:
        if parameter.kind not in by_name or parameter.name not in ARGUMENTS:
            raise UserError(
                '"handle" in %s has the argument "%s"; the service passes only %s, by name'
                % (path, parameter, ", ".join(ARGUMENTS))
            )
    return [parameter.name for parameter in parameters]


def without_digit_limit(convert, *arguments, **options):
    """Calls convert without Python's limit for the number of digits of an integer, because JSON has no such limit.

    Python limits integers to 4300 digits to prevent slow conversions. The timeout of the call has the same effect. It
    is not known whether the service has the limit. The emulator must not reject data that the service accepts.
    """
    if not hasattr(sys, "set_int_max_str_digits"):  # added in security updates of Python 3.8 and later
        return convert(*arguments, **options)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return convert(*arguments, **options)
    finally:
        sys.set_int_max_str_digits(limit)


def decode_data(data):
    """Returns the decoded data of a call, or raises UserError."""
    try:
        return without_digit_limit(json.loads, data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise UserError("the data cannot be decoded: %s: %s" % (type(error).__name__, error)) from None


def encode_response(value, limit):
    """Returns value as compact JSON in UTF-8, or raises UserError."""
    try:
        text = without_digit_limit(json.dumps, value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(
            "%s: the handler returned a value of type %s that is not JSON (%s); "
            "return dicts with string keys, lists, str, int, finite float, bool or None"
            % (type(error).__name__, type(value).__name__, error)
        ) from None
    # UTF-8 cannot encode lone surrogates. They occur only in strings, where Python's escape is also valid JSON.
    response = text.encode("utf-8", "backslashreplace")
    if len(response) > limit:
        raise UserError(
            "the response has %d bytes, more than the limit of %d; return less, or store it in a file and return its id"
            % (len(response), limit)
        )
    return response


def strip_own_frames(frames):
    """Returns a traceback without the frames of this file and of the import system."""
    remaining = []
    while frames is not None:
        filename = frames.tb_frame.f_code.co_filename
        if filename != __file__ and not filename.startswith("<frozen importlib"):
            remaining.append(frames)
        frames = frames.tb_next
    for outer, inner in zip(remaining, remaining[1:] + [None]):
        outer.tb_next = inner
    return remaining[0] if remaining else None


def exit_child(output, error):
    """Exits a forked child that returned from the handler, with the exit code that a script would have."""
    output.flush()
    code = error.code if isinstance(error, SystemExit) else error and 1
    os._exit(code if isinstance(code, int) else int(code is not None))


def run_request(function, request, data, output):
    """Runs one request and returns the head of the reply and the response."""
    error, reply, response = None, {"id": request["id"]}, b""
    try:
        if "load" in request:
            function.load()
            output.save()
        else:
            response = function.call(request["call"], data)
    except BaseException as raised:  # SystemExit and KeyboardInterrupt end the call, not the worker
        error = raised
    if os.getpid() != WORKER_PID:
        exit_child(output, error)
    if error is not None:
        reply["message"], reply["trace"] = function.describe(error)
    return reply, response


def main():
    """Runs requests until the emulator closes the pipe."""
    requests = os.fdopen(move_to_high_fd(3), "rb")
    replies = os.fdopen(move_to_high_fd(4), "wb")
    output = Output()
    function = None
    while True:
        header = requests.read(4)
        if len(header) < 4:
            os._exit(0)  # sys.exit waits for threads of the handler
        head, _, data = requests.read(struct.unpack(">I", header)[0]).partition(b"\n")
        request = json.loads(head.decode("utf-8"))
        if function is None:
            function = Function(request["load"])
        reply, response = run_request(function, request, data, output)
        output.flush()
        try:
            usable = output.restore()
            reply["retire"] = not (usable and function.is_reusable())
            frame = json.dumps(reply).encode("ascii") + b"\n" + response
            output.write_mark(request["mark"])
            replies.write(struct.pack(">I", len(frame)) + frame)
            replies.flush()
        except OSError:
            os._exit(1)  # the handler closed the pipes, so no reply is possible


if __name__ == "__main__":
    main()
