"""Runs the handler of one function inside one worker process of the emulator.

Requests come and replies go as frames: four bytes of length (big-endian), then JSON. The first request loads the
handler, each later one calls it. Everything printed goes to the log pipe, which is stdout and stderr at once; after each
request its mark is written there, so that the reader knows where the output of that request ends.

Works on Python 3.8 and later. The imports here are the modules that a function's own files cannot shadow.
"""

import fcntl
import importlib.util
import inspect
import json
import os
import struct
import sys
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


class Output:
    """The log pipe: what Python and C code print goes there line by line, and so does the mark."""

    def __init__(self):
        self.fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 100)  # stays usable when the handler closes stdout
        self.streams = (sys.stdout, sys.stderr)
        for stream in self.streams:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
        try:
            import ctypes

            self.libc = ctypes.CDLL(None)
            self.libc.fflush(None)
        except Exception:  # a Python without ctypes still runs everything but C extensions that print
            self.libc = None
            return
        for name in ("stdout", "__stdoutp"):  # Linux, macOS
            try:
                stdout = ctypes.c_void_p.in_dll(self.libc, name)
            except ValueError:
                continue
            line_buffered = 1  # _IOLBF: keeps C output in order with the rest
            self.libc.setvbuf(stdout, None, line_buffered, ctypes.c_size_t(0))

    def flush(self):
        """Empties all buffers into the pipe. User code may have closed or replaced anything."""
        for fd in (1, self.fd):
            try:
                os.set_blocking(fd, True)  # a child may have changed it for all
            except OSError:
                pass
        for stream in self.streams + (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        if self.libc is not None:
            self.libc.fflush(None)

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

    def load(self):
        """Imports the handler's file as a top-level module, with the function's folder first on the path."""
        own_folder = os.path.dirname(os.path.abspath(__file__))
        sys.path[:] = [self.root] + [entry for entry in sys.path if entry != own_folder]
        location = os.path.join(self.root, *self.path.split("/"))
        sys.argv = [location]
        name = os.path.splitext(os.path.basename(location))[0]
        spec = importlib.util.spec_from_file_location(name, location)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        self.wanted = checked_arguments(module, self.path)
        self.handle = module.handle

    def call(self, call):
        """Runs the handler once and returns its answer as JSON text."""
        os.chdir(self.root)
        info = {"function_id": self.id, "call_id": call["call_id"]}
        if call.get("schedule_id"):
            info["schedule_id"] = call["schedule_id"]
            info["scheduled_time"] = call["scheduled_time"]
        values = {
            "data": call["data"],
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
        inside = self.root + os.sep
        return message.replace(inside, "")[:TEXT_LIMIT], trace.replace(inside, "")[-TEXT_LIMIT:]


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


def encoded(value, limit):
    """Returns value as compact JSON text, or raises Refused with what to change."""
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(
            "%s: the handler returned a value of type %s that is not JSON (%s); "
            "return dicts with text keys, lists, str, int, finite float, bool or None"
            % (type(error).__name__, type(value).__name__, error)
        ) from None
    if len(text) > limit:
        raise Refused(
            "the response has %d bytes, more than the limit of %d; return less, or store it and return its name"
            % (len(text), limit)
        )
    return text


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


def answer(function, request, output):
    """Carries out one request and returns the reply as bytes."""
    error, reply = None, {"id": request["id"]}
    try:
        if "load" in request:
            function.load()
            text = "null"
        else:
            text = function.call(request["call"])
    except BaseException as raised:  # sys.exit and friends end the call, not the worker
        error = raised
    if os.getpid() != PROCESS:
        leave_child(output, error)
    if error is None:
        return ('{"id":%d,"response":%s}' % (request["id"], text)).encode("ascii")
    reply["message"], reply["trace"] = function.describe(error)
    return json.dumps(reply).encode("ascii")


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
        frame = requests.read(struct.unpack(">I", header)[0])
        request = json.loads(frame.decode("utf-8", "replace"))
        if function is None:
            function = Function(request["load"])
        reply = answer(function, request, output)
        output.flush()
        try:
            output.write_mark(request["mark"])
            replies.write(struct.pack(">I", len(reply)) + reply)
            replies.flush()
        except OSError:
            os._exit(1)  # the handler closed these pipes; there is no way left to say so


if __name__ == "__main__":
    main()
