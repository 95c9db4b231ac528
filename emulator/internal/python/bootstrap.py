"""Runs the handler of one function inside one worker process of the emulator.

Requests come and replies go as frames: four bytes of length (big-endian), one line of JSON, and then the call's data or
response, which are JSON too. They are apart because they are the user's: data that cannot be decoded must not keep the
rest from being read. The first request loads the handler, each later one calls it. Everything printed goes to the log
pipe, which is stdout and stderr at once; after each request its mark is written there, so that the reader knows where
the output of that request ends.

Works on Python 3.8 and later.
"""

import sys

STARTED_WITH = frozenset(sys.modules)  # before this file imports more; see give_way

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
TEXT_LIMIT = 2000  # characters of a message or a trace, as the service cuts them
PROCESS = os.getpid()


class Refused(Exception):
    """The code or its answer breaks a rule of the service; the text is the whole message."""


class CogniteClientUnavailable(RuntimeError):
    """The handler used the client argument, which is only a placeholder here."""


class PlaceholderClient:
    """Stands where the service passes a CogniteClient: may be passed around, cannot be used."""

    def __getattr__(self, name):
        if name.startswith("__"):  # copy, pickle and inspect probe for these
            raise AttributeError(name)
        raise CogniteClientUnavailable(
            "this emulator does not provide the Cognite client yet, so client.%s does not exist: "
            "create a CogniteClient in the handler, from its secrets or environment variables" % name
        )


def move_away(fd):
    """Moves fd to a number that user code does not hit by accident, closed in children that exec."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(fd)
    return moved


def prepared_libc():
    """Returns the C library, set up for a worker, or None in a Python without ctypes.

    Such a Python still runs everything but C extensions that print; orphans of its children may be left behind.
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
        line_buffered = 1  # _IOLBF: keeps C output in order with the rest
        libc.setvbuf(stdout, None, line_buffered, ctypes.c_size_t(0))
    if sys.platform == "linux":
        # Orphans among the descendants become children of this process, where whoever kills it finds them.
        set_child_subreaper = 36
        libc.prctl(set_child_subreaper, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    return libc


class Output:
    """The log pipe: what Python and C code print goes there line by line, and so does the mark."""

    def __init__(self):
        self.fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 100)  # stays usable when the handler closes stdout
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.libc = prepared_libc()
        self.keep()

    def keep(self):
        """Makes the streams of this moment the ones that put_back restores."""
        self.streams = (sys.stdout, sys.stderr)

    def flush(self):
        """Empties all buffers into the pipe. User code may have closed or replaced anything."""
        for fd in (1, self.fd):
            try:
                os.set_blocking(fd, True)  # a child may have changed it for all
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

    def put_back(self):
        """Undoes what the handler did to stdout and stderr. Returns whether they can be used again."""
        for fd in (1, 2):
            os.dup2(self.fd, fd)
        sys.stdout, sys.stderr = self.streams  # a wrapper that goes out of use here may close the stream inside it
        try:
            return not any(getattr(stream, "closed", False) for stream in self.streams)
        except ValueError:  # detached
            return False

    def write_mark(self, mark):
        """Ends the output of one request."""
        os.write(self.fd, mark.encode("ascii") + b"\n")


class Function:
    """The loaded handler and what it is called with."""

    def __init__(self, load):
        self.root = load["root"]
        self.path = load["path"]
        self.id = load["function_id"]
        self.secrets = load["secrets"]
        self.response_limit = load["response_limit"]
        self.client = PlaceholderClient()
        self.handle = None
        self.wanted = ()
        self.threads = set()

    def load(self):
        """Imports the handler's file as a top-level module, with the function's folder first on the path."""
        own_folder = os.path.dirname(os.path.abspath(__file__))
        sys.path[:] = [self.root] + [entry for entry in sys.path if entry != own_folder]
        self.give_way()
        location = os.path.join(self.root, *self.path.split("/"))
        sys.argv = [location]
        name = os.path.splitext(os.path.basename(location))[0]
        spec = importlib.util.spec_from_file_location(name, location)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self.wanted = checked_arguments(module, self.path)
        self.handle = module.handle
        self.threads = set(threading.enumerate())

    def give_way(self):
        """Forgets the modules that only this file needs where the function has a file of the same name.

        So the function's own json.py is imported by its "import json", as in a script. This file keeps the modules it
        has, and those that Python itself started with stay.
        """
        for name in set(sys.modules) - STARTED_WITH:
            place = os.path.join(self.root, name.partition(".")[0])
            if os.path.isfile(place + ".py") or os.path.isfile(os.path.join(place, "__init__.py")):
                del sys.modules[name]

    def is_reusable(self):
        """Returns whether the process is fit for another call.

        It is not when a thread still runs that the import did not start, as its output would be taken for the next
        call's, nor when the code is gone.
        """
        return os.path.isdir(self.root) and self.threads.issuperset(threading.enumerate())

    def call(self, call, data):
        """Runs the handler once and returns its answer as JSON in UTF-8."""
        try:
            os.chdir(self.root)
        except OSError as error:
            raise Refused("the folder with the function's code cannot be entered (%s)" % error.strerror) from None
        info = {"function_id": self.id, "call_id": call["call_id"]}
        if call.get("schedule_id"):
            info["schedule_id"] = call["schedule_id"]
            info["scheduled_time"] = call["scheduled_time"]
        values = {
            "data": decoded(data),
            "client": self.client,
            "secrets": dict(self.secrets),
            "function_call_info": info,
        }
        return encoded(self.handle(**{name: values[name] for name in self.wanted}), self.response_limit)

    def describe(self, error):
        """Returns message and trace of an exception as the function's author wants to see them."""
        if isinstance(error, Refused):
            return str(error), ""
        try:
            text = str(error)
        except BaseException as second:
            text = "<its text raised %s>" % type(second).__name__
        if isinstance(error, SyntaxError) and error.filename and error.filename.startswith(self.root):
            text = "%s (%s, line %s)" % (error.msg, error.filename, error.lineno)
        message = type(error).__name__ + (": " + text if text else "")
        try:
            frames = without_own_frames(error.__traceback__)
            trace = "".join(traceback.format_exception(type(error), error, frames))
        except BaseException:  # an exception can break its own formatting
            trace = ""
        return self.relative(message)[:TEXT_LIMIT], self.relative(trace)[-TEXT_LIMIT:]

    def relative(self, text):
        """Returns text with the paths in the function's folder relative to it."""
        return re.sub(re.escape(self.root) + r"(?![\w.-])", ".", text.replace(self.root + os.sep, ""))


def checked_arguments(module, path):
    """Returns the names of the arguments that the module's handle takes, or raises Refused."""
    if not hasattr(module, "handle"):
        found = sorted(
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__
        )
        hint = "found: " + ", ".join(found[:10]) if found else "the file has no function at all"
        raise Refused('%s has no function named "handle" (%s)' % (path, hint))
    handle = module.handle
    if not callable(handle):
        raise Refused('"handle" in %s is of type %s; make it a function' % (path, type(handle).__name__))
    for code in (handle, getattr(handle, "__call__", None)):
        if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
            raise Refused('"handle" in %s is async, which the service does not support; use a plain "def"' % path)
    options = {}
    if sys.version_info >= (3, 14):
        import annotationlib

        # Evaluating annotations would raise for names that only exist while type checking.
        options["annotation_format"] = annotationlib.Format.FORWARDREF
    try:
        parameters = inspect.signature(handle, **options).parameters.values()
    except ValueError:
        raise Refused('the arguments of "handle" in %s cannot be found out; use a plain "def"' % path) from None
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    for parameter in parameters:
        if parameter.kind not in by_name or parameter.name not in ARGUMENTS:
            raise Refused(
                '"handle" in %s has the argument "%s"; the service passes only %s, by name'
                % (path, parameter, ", ".join(ARGUMENTS))
            )
    return [parameter.name for parameter in parameters]


def with_any_digits(convert, *arguments, **options):
    """Calls convert while integers may have any number of digits, as they may in JSON.

    Python's own bound of 4300 guards against slow conversions; here the call's timeout does. Whether the service keeps
    Python's bound is not known, and refusing what the service takes would be worse than the reverse.
    """
    if not hasattr(sys, "set_int_max_str_digits"):  # came with security updates of 3.8 and later
        return convert(*arguments, **options)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return convert(*arguments, **options)
    finally:
        sys.set_int_max_str_digits(limit)


def decoded(data):
    """Returns what the call's data mean, or raises Refused."""
    try:
        return with_any_digits(json.loads, data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Refused("the data cannot be decoded: %s: %s" % (type(error).__name__, error)) from None


def encoded(value, limit):
    """Returns value as compact JSON in UTF-8, or raises Refused with what to change."""
    try:
        text = with_any_digits(json.dumps, value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(
            "%s: the handler returned a value of type %s that is not JSON (%s); "
            "return dicts with text keys, lists, str, int, finite float, bool or None"
            % (type(error).__name__, type(value).__name__, error)
        ) from None
    # UTF-8 has no lone surrogates. They are only in strings, where Python's escape for them is that of JSON as well.
    response = text.encode("utf-8", "backslashreplace")
    if len(response) > limit:
        raise Refused(
            "the response has %d bytes, more than the limit of %d; return less, or store it and return its name"
            % (len(response), limit)
        )
    return response


def without_own_frames(frames):
    """Returns a traceback without the frames of this file and of the import system."""
    kept = []
    while frames is not None:
        filename = frames.tb_frame.f_code.co_filename
        if filename != __file__ and not filename.startswith("<frozen importlib"):
            kept.append(frames)
        frames = frames.tb_next
    for outer, inner in zip(kept, kept[1:] + [None]):
        outer.tb_next = inner
    return kept[0] if kept else None


def leave_child(output, error):
    """Ends a child that the handler forked and that came back to this file, as a script would have ended."""
    output.flush()
    code = error.code if isinstance(error, SystemExit) else error and 1
    os._exit(code if isinstance(code, int) else int(code is not None))


def answer(function, request, data, output):
    """Carries out one request and returns the reply and the response behind it."""
    error, reply, response = None, {"id": request["id"]}, b""
    try:
        if "load" in request:
            function.load()
            output.keep()
        else:
            response = function.call(request["call"], data)
    except BaseException as raised:  # sys.exit and friends end the call, not the worker
        error = raised
    if os.getpid() != PROCESS:
        leave_child(output, error)
    if error is not None:
        reply["message"], reply["trace"] = function.describe(error)
    return reply, response


def main():
    """Serves requests until the other side closes the pipe."""
    requests = os.fdopen(move_away(3), "rb")
    replies = os.fdopen(move_away(4), "wb")
    output = Output()
    function = None
    while True:
        header = requests.read(4)
        if len(header) < 4:
            os._exit(0)  # not sys.exit: threads of the handler would keep the process alive
        head, _, data = requests.read(struct.unpack(">I", header)[0]).partition(b"\n")
        request = json.loads(head.decode("utf-8"))
        if function is None:
            function = Function(request["load"])
        reply, response = answer(function, request, data, output)
        output.flush()
        try:
            usable = output.put_back()
            reply["retire"] = not (usable and function.is_reusable())
            frame = json.dumps(reply).encode("ascii") + b"\n" + response
            output.write_mark(request["mark"])
            replies.write(struct.pack(">I", len(frame)) + frame)
            replies.flush()
        except OSError:
            os._exit(1)  # the handler closed these pipes; there is no way left to say so


if __name__ == "__main__":
    main()
