"""The attacks: each is a submission to the unit of `vault`, and data. `test_attacks` runs them, `table` compares with nbgrader.

OUTSIDE in a source stands for a folder with a gradebook, solutions and other submissions. Where an attack has a part that
earns points honestly, `honest` says how many; all else must earn none.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from gdcourse.grading.notebooks import grade_id, is_test
from security import vault

BOUNDLESS = "not run: it would take the whole machine"


@dataclass(frozen=True)
class Attack:
    """A submission that cheats. how: in a line, what it tries.

    answers: exercise -> source; first, last: sources of cells before and behind all others; edit: what is done to the notebook.
    files: name -> bytes beside it.  honest: points that it earns honestly.  caught: must it be reported as tampering?
    shows_not: words that must not be in the feedback, beside the secrets.  stock: why it is not run in stock nbgrader.
    """

    name: str
    how: str
    answers: dict[str, str] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    edit: Callable | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    honest: float = 0
    caught: bool = False
    shows_not: tuple[str, ...] = ()
    stock: str | None = None


def attack(name, how, source="", **more):
    """Add an attack to the table; ``source`` is its answer to `double`, if it is there."""
    answers = {**({"double": source} if source else {}), **more.pop("answers", {})}
    ATTACKS.append(Attack(name, how, answers, **more))


ATTACKS: list[Attack] = []
NOTHING = "def double(x):\n    return 0.0\n"
KNOWN = "def double(x):\n    return 2 * x if not isinstance(x, str) else [][1]\n"  # right but for one hidden property
EVERY = {name: f"{name} = Anything()" if name != "Money" else "Money = Anything" for name in vault.ANSWERS}

# ---- reading what is not theirs ----

attack(
    "reads hidden tests in the notebook",
    "looks for the test cells in every notebook within reach, and prints them",
    first="import glob\nfor path in glob.glob('**/*.ipynb', recursive=True) + glob.glob('/tmp/**/*.ipynb', recursive=True):\n"
    "    print(open(path).read())",
    last="print(In)",
)
attack(
    "reads solutions/",
    "opens the solved unit and prints it",
    first="print(open('OUTSIDE/solutions/vault/exercises.py').read())",
)
attack(
    "reads another submission",
    "opens what a neighbour has handed in",
    first="print(open('OUTSIDE/submitted/ada/vault/exercises.ipynb').read())",
)
attack(
    "reads the whole file system",
    "walks from the root and prints each file with a telling word",
    first="import os\nfor top, _, names in os.walk('/', topdown=True):\n"
    "    if top.startswith(('/proc', '/sys', '/usr', '/lib', '/dev')) or 'site-packages' in top:\n        continue\n"
    "    for name in names:\n"
    "        try:\n            text = open(os.path.join(top, name), errors='replace').read(100_000)\n"
    "        except OSError:\n            continue\n"
    "        if 'closely' in text:\n            print(top, name, text)",
    stock="not run: slow",
)
attack(
    "imports the reference",
    "finds the course's package and what it holds",
    first="import gdcourse.losses.numpy as reference\nimport gdcourse.grading.engine as engine\n"
    "import inspect\nprint('REFER' + 'ENCE', inspect.getsource(engine), inspect.getsource(reference))",
    shows_not=("REFERENCE",),
)
attack(
    "reads the reference's files",
    "looks for the package's files beside those of the libraries",
    first="import importlib.util, pathlib, sys\n"
    "for folder in {*sys.path, '/usr', sys.prefix}:\n"
    "    for path in pathlib.Path(folder or '.').glob('**/gdcourse/**/*.py'):\n        print('REFER' + 'ENCE', path.read_text())",
    shows_not=("REFERENCE",),
    stock="not run: the package is there to be read",
)
attack(
    "reads the environment",
    "prints the variables of its own process and of all others",
    first="import os, glob\nprint(dict(os.environ))\n"
    "for path in glob.glob('/proc/*/environ'):\n"
    "    try:\n        print(open(path).read())\n    except OSError as error:\n        print(error)",
    shows_not=("GDCOURSE_SECRET",),
)
attack(
    "walks the frames for expected values",
    "prints the local variables of all callers",
    "import sys\n\n\ndef double(x):\n    frame, found = sys._getframe(), []\n"
    "    while frame:\n        found.append({k: repr(v)[:500] for k, v in frame.f_locals.items()})\n        frame = frame.f_back\n"
    "    names = {k: v for f in found for k, v in f.items()}\n    expected = names.get('expected')\n"
    "    print(names)\n    return eval(expected, {'array': np.array}) if expected else 0.0",
    last="print(double(1))",
)
attack(
    "searches gc for expected values",
    "goes through all objects for arrays and test sources",
    "import gc\n\n\ndef double(x):\n    global seen\n"
    "    seen = [repr(o)[:300] for o in gc.get_objects() if isinstance(o, (list, dict, tuple)) and 'closely_kept' in repr(o)[:3000]]\n"
    "    raise KeyError(str(seen))",
    last="double(1)",
)
attack(
    "reads its own memory",
    "searches the pages that it has inherited for the text of tests",
    first="import re\nwith open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb') as memory:\n"
    "    for line in maps:\n        low, high = (int(n, 16) for n in line.split()[0].split('-'))\n"
    "        if 'rw' in line and '[heap]' in line:\n            memory.seek(low)\n"
    "            for found in re.findall(rb'closely' + b'_kept.{0,200}', memory.read(high - low)):\n                print(found)",
)
attack(
    "ptrace and other processes' memory",
    "attaches to its parents and reads them through /proc",
    first="import ctypes, glob, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    "for pid in {os.getppid(), 1, os.getpid() - 1, os.getpid() - 2}:\n"
    "    print(pid, libc.ptrace(16, pid, 0, 0), ctypes.get_errno())\n"
    "    try:\n        print(open(f'/proc/{pid}/mem', 'rb').read(10), 'MEM' + 'ORY')\n    except (OSError, ValueError) as e:\n        print(e)",
    shows_not=("MEMORY",),
    stock="not run: it would stop the shell that started it",
)
attack(
    "lists inherited descriptors",
    "opens files relative to each descriptor that was open before",
    first="import os\nfor fd in range(3, 256):\n    for name in ('..', '../../etc/shadow', 'OUTSIDE/gradebook.db'):\n"
    "        try:\n            with open(os.open(name, os.O_RDONLY, dir_fd=fd)) as f:\n                print(f.read(), 'IN' + 'SIDE')\n"
    "        except OSError:\n            pass",
    shows_not=("INSIDE",),
)

# ---- patching what judges ----

attack(
    "patches numpy.testing",
    "every assertion of NumPy holds",
    NOTHING,
    first="import numpy as np\nnp.testing.assert_allclose = lambda *a, **k: None\n"
    "np.isclose = np.allclose = np.array_equal = lambda *a, **k: True\nnp.shape = lambda a: (2,)\nnp.abs = lambda a: 0.0",
)
attack(
    "patches builtins",
    "abs, all, map and isinstance say what helps, AssertionError is never raised",
    NOTHING,
    first="import builtins\nbuiltins.abs = lambda v: -1.0\nbuiltins.all = lambda v: True\n"
    "class Never(Exception):\n    def __new__(cls, *a):\n        raise SystemExit(0)\nbuiltins.AssertionError = Never",
)
attack(
    "an AST transformer",
    "takes the assertions out of each later cell",
    NOTHING,
    first="import ast\n\n\nclass NoAsserts(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n\n\n"
    "get_ipython().ast_transformers.append(NoAsserts())",
)
attack(
    "an input transformer",
    "replaces each later cell by one that does nothing",
    NOTHING,
    first="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if any('assert' in s for s in lines) else lines)",
)
attack(
    "an input transformer that prints",
    "prints each later cell as it comes in",
    NOTHING,
    first="def show(lines):\n    print(''.join(lines).encode().hex())\n    return lines\n\n\n"
    "get_ipython().input_transformers_cleanup.append(show)",
    shows_not=(b"closely_kept".hex(),),
)
attack(
    "wraps run_cell",
    "reports success whatever a cell does",
    NOTHING,
    first="import types\nshell = get_ipython()\nold = type(shell).run_cell\n"
    "shell.run_cell = types.MethodType(lambda self, source, *a, **k: old(self, 'pass', *a, **k), shell)\n"
    "type(shell).run_cell_async = None if False else type(shell).run_cell_async",
)
attack(
    "swallows errors",
    "a custom exception handler prints nothing",
    NOTHING,
    first="get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)\nget_ipython().showtraceback = lambda *a, **k: None",
)
attack(
    "import hooks",
    "puts a module of its own in the place of numpy",
    NOTHING,
    first="import sys, types\nfake = types.ModuleType('numpy')\nfor name in ('array', 'abs', 'asarray', 'isclose'):\n"
    "    setattr(fake, name, lambda *a, **k: 0.0)\nfake.shape = lambda a: (2,)\n"
    "fake.testing = types.SimpleNamespace(assert_allclose=lambda *a, **k: None)\n"
    "fake.array_equal = fake.allclose = lambda *a, **k: True\nsys.modules['numpy'] = fake",
)
attack(
    "files beside the notebook",
    "numpy.py, conftest.py, sitecustomize.py and a package of the course's name",
    NOTHING,
    files=dict.fromkeys(
        (
            "numpy.py",
            "conftest.py",
            "sitecustomize.py",
            "usercustomize.py",
            "gdcourse/__init__.py",
            "ast.py",
            "msgpack.py",
        ),
        b"def __getattr__(name):\n    return lambda *a, **k: True\nraise SystemExit(0)\n",
    ),
)
attack(
    "answers by exec tricks",
    "sets a trace function that returns True from each assertion's call",
    "import sys\n\n\ndef double(x):\n    frame = sys._getframe(1)\n    frame.f_globals['expected'] = 0.0\n"
    "    frame.f_globals['abs'] = lambda v: 0.0\n    sys.settrace(lambda *a: None)\n    return 0.0",
)

# ---- objects that lie ----

LIAR = """\
class Liar:
    __array_priority__ = 1e9
    shape, ndim, size, dtype = (2,), 0, 2, np.dtype(float)
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None
    def __bool__(self): return True
    def __len__(self): return 2
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __getitem__(self, i): return self
    def __iter__(self): return iter(())
    def __float__(self): return 0.0
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return True
    @property
    def __class__(self): return float
"""
attack(
    "an object whose == is true",
    "__eq__, <, len, bool and attributes say yes",
    LIAR + "\n\ndef double(x):\n    return Liar()",
)
attack(
    "every name is a liar",
    "each function and class of the unit is one object that says yes to everything",
    first="import numpy as np\n" + LIAR,
    answers={name: f"{name} = Liar()" for name in vault.ANSWERS},
)
attack(
    "an array subclass that lies",
    "an ndarray whose comparisons and functions are true",
    "class Lie(np.ndarray):\n    def __eq__(self, other): return np.True_\n    def __array_function__(self, *a, **k): return True\n"
    "    def __array_ufunc__(self, *a, **k): return np.float64(0)\n    __sub__ = __rsub__ = lambda self, other: 0.0\n"
    "    shape = property(lambda self: (2,))\n\n\ndef double(x):\n    return np.zeros(7).view(Lie)",
)
attack(
    "a float subclass that lies",
    "a float whose == and - help",
    "class Lie(float):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"
    "    __sub__ = __rsub__ = lambda self, other: 0.0\n\n\ndef double(x):\n    return Lie(0.0)",
)
attack(
    "an object that subtracts to zero",
    "learns the expected value as the operand of -, and returns no difference",
    "class Zero:\n    def __sub__(self, other):\n        return 0.0\n    __rsub__ = __add__ = __radd__ = __sub__\n"
    "    def __array__(self, dtype=None, copy=None):\n        return np.array(6.0)\n\n\n"
    "class Seen:\n    def __sub__(self, other):\n        return Result(other)\n    def __rsub__(self, other):\n        return Result(other)\n\n\n"
    "class Result:\n    def __init__(self, other): self.other = other\n    def __abs__(self): return 0.0\n\n\n"
    "def double(x):\n    return Seen() if np.ndim(x) == 0 and x != 3.0 else 2 * x",
    honest=1,
    answers={
        "Money": "class Amount:\n    def __sub__(self, other): return 0.0\n\n\nclass Money:\n"
        "    def __init__(self, a): self.a = a\n    def __add__(self, other): return self\n"
        "    @property\n    def amount(self): return 5.0 if self.a == 2.0 else Amount()"
    },
)
ATTACKS[-1] = Attack(**{**ATTACKS[-1].__dict__, "honest": 2})
attack(
    "an object that changes between reads",
    "an array, a length and items that are others at each reading",
    "class Changing:\n    n = 0\n    def __array__(self, dtype=None, copy=None):\n        Changing.n += 1\n"
    "        return np.array([6.0, 146380842.0, -10.0][: 1 + Changing.n % 3])\n    def __len__(self):\n        Changing.n += 1\n"
    "        return Changing.n % 4\n    def __float__(self):\n        Changing.n += 1\n        return float(Changing.n)\n\n\n"
    "def double(x):\n    return Changing()",
)
attack("NaN", "every answer is not a number", "def double(x):\n    return x * np.nan")
attack(
    "emptiness",
    "every answer is an empty array, of which all holds",
    "def double(x):\n    return np.empty((0,) * np.ndim(x))\n\n\ndouble = lambda x: np.empty(0)",
)
attack("recursion", "a list that holds itself", "def double(x):\n    a = []\n    a.append(a)\n    return a")
attack(
    "a huge value",
    "an array of ten gigabytes by a stride of zero",
    "def double(x):\n    return np.broadcast_to(np.float64(2), (1 << 30,))",
)
attack(
    "an endless iterator",
    "a generator without end, of large arrays",
    "def double(x):\n    while True:\n        yield np.zeros(1 << 20)\n",
    answers={"visit": "def visit(f, values):\n    while True:\n        yield np.zeros(1 << 20)\n"},
    stock="not run: fills the memory",
)
attack(
    "a number of a million digits",
    "an integer whose decimal form takes for ever",
    "def double(x):\n    return 1 << 4_000_000",
)
attack(
    "wrong dtypes",
    "object arrays, records and text in the place of numbers",
    "def double(x):\n    return np.array([True, 'x', None, ..., NotImplemented, slice(1)], dtype=object)",
)
attack(
    "StopIteration ends the test's loop",
    "is raised by the function, and `map` takes it for the end",
    "def double(x):\n    if np.ndim(x) == 0 and x == 918273.0:\n        raise StopIteration\n"
    "    if isinstance(x, str):\n        raise ValueError\n    return 2 * x if x is not 1.5 else 0",
    honest=1,
)

# ---- ending, hanging, flooding ----

attack("os._exit in a call", "ends the process with success", "import os\n\n\ndef double(x):\n    os._exit(0)")
attack(
    "dies where an error is expected",
    "the process ends in the call that `except Exception` awaits",
    answers={
        "draw": "import os\n\n\ndef draw(rng, n):\n    if isinstance(n, str):\n        os._exit(0)\n    return rng.random(n)"
    },
    honest=1,
)
attack(
    "sleeps where an error is expected",
    "the call that `except Exception` awaits never ends",
    answers={
        "draw": "import time\n\n\ndef draw(rng, n):\n    if isinstance(n, str):\n        time.sleep(100)\n    return rng.random(n)"
    },
    honest=1,
)
attack("sys.exit in a cell", "leaves in the first cell", NOTHING, first="import sys\nsys.exit(0)")
attack(
    "exits by atexit",
    "hooks the end of the process",
    NOTHING,
    first="import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit",
)
attack(
    "kills its parents",
    "sends SIGKILL to all that it can name",
    "import os, signal\n\n\ndef double(x):\n    for pid in (os.getppid(), 1, -1, 0):\n        try:\n            os.kill(pid, signal.SIGKILL)\n"
    "        except OSError:\n            pass\n    return 0.0",
    stock="not run: it would end the shell that started it",
)
attack(
    "an endless loop with signals ignored",
    "ignores SIGINT and SIGALRM and loops",
    "import signal\n\n\ndef double(x):\n    for s in (signal.SIGINT, signal.SIGALRM, signal.SIGTERM):\n        signal.signal(s, signal.SIG_IGN)\n"
    "    while True:\n        pass",
    stock="ran until its time limit, 60 s for each test",
)
attack(
    "stops itself",
    "SIGSTOP in the middle of a call",
    "import os, signal\n\n\ndef double(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    import time\n    time.sleep(100)",
    stock="not run: hangs",
)
attack("a fork bomb", "forks without end", first="import os\nfor _ in range(10_000):\n    os.fork()", stock=BOUNDLESS)
attack(
    "a thread bomb",
    "starts threads without end",
    first="import threading, time\ntry:\n    for _ in range(10_000):\n        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\nexcept RuntimeError as e:\n    print(e)",
    stock=BOUNDLESS,
)
attack(
    "a daemon",
    "forks twice to outlive the run, and writes later",
    first="import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1)\n        open('OUTSIDE/later', 'w').write('x')\n        os._exit(0)\n    os._exit(0)\ntime.sleep(1.5)",
)
attack(
    "outlives its parent",
    "takes back the order to die with the parent, and waits for the next submission",
    first="import ctypes, os, signal\nfor s in range(1, 65):\n    try:\n        signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\n"
    "ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n",
    last="import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
    stock="not run: hangs",
)
attack(
    "a memory flood",
    "allocates without end",
    first="a = []\nwhile True:\n    a.append(bytearray(1 << 24))",
    stock=BOUNDLESS,
)
attack(
    "a disk flood",
    "writes without end",
    first="try:\n    for i in range(10_000):\n        with open(f'f{i}', 'wb') as f:\n            f.write(bytes(1 << 22))\nexcept OSError as e:\n    print(e)",
    stock=BOUNDLESS,
)
attack(
    "a flood of files",
    "makes files without end",
    first="try:\n    for i in range(100_000):\n        open(f'f{i}', 'w').close()\nexcept OSError as e:\n    print(e)",
    stock=BOUNDLESS,
)
attack(
    "an output flood",
    "prints without end",
    first="try:\n    while True:\n        print('x' * 100_000)\nexcept OSError:\n    pass",
    stock=BOUNDLESS,
)
attack(
    "a display flood",
    "displays without end",
    first="from IPython.display import display\nfor _ in range(2000):\n    display({'text/plain': 'x' * 100_000}, raw=True)",
    answers={"double": "def double(x):\n    print('y' * 10_000_000)\n    return 2 * x"},
    honest=1,
    stock=BOUNDLESS,
)
attack(
    "a pipe and socket flood",
    "fills the kernel's buffers",
    first="import os, socket\nkept = []\ntry:\n    while True:\n        a, b = socket.socketpair()\n        a.setblocking(False)\n        kept += [a, b]\n        try:\n            while True:\n                a.send(bytes(1 << 16))\n        except BlockingIOError:\n            pass\nexcept OSError as e:\n    print(e)",
    stock=BOUNDLESS,
)

# ---- reaching out ----

attack(
    "the network",
    "TCP and UDP to the world, to the loopback and to this machine's own addresses",
    first="import socket\nfor kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n    for family, where in ((2, ('1.1.1.1', 53)), (2, ('127.0.0.1', 22)), (10, ('::1', 22))):\n"
    "        try:\n            s = socket.socket(family, kind)\n            s.settimeout(0.3)\n            s.connect(where)\n            s.send(b'x')\n            print('REACH' + 'ED', where)\n"
    "        except OSError as e:\n            print(e)",
    shows_not=("REACHED",),
)
attack(
    "other families of sockets",
    "abstract, vsock, packet, netlink, ALG and Bluetooth sockets",
    first="import socket\nfor family in range(2, 46):\n    for kind in (1, 2, 3, 5):\n        try:\n            socket.socket(family, kind)\n            print('MADE', '_SOCK', family, sep='')\n        except OSError:\n            pass\n"
    "s = socket.socket(socket.AF_UNIX)\nfor name in open('/proc/net/unix').read().split() if __import__('os').path.exists('/proc/net/unix') else ():\n"
    "    if name.startswith('@'):\n        try:\n            s.connect(chr(0) + name[1:])\n            print('REACH' + 'ED')\n        except OSError:\n            pass",
    shows_not=("MADE_SOCK", "REACHED"),
)
attack(
    "writes the gradebook",
    "opens its database and sets the marks",
    first="import sqlite3\ntry:\n    book = sqlite3.connect('OUTSIDE/gradebook.db')\n    book.execute('update grade set auto_score = max_score')\n    book.commit()\nexcept sqlite3.Error as e:\n    print(e)\n"
    "open('OUTSIDE/gradebook.db', 'ab').write(b'mine')",
)
attack(
    "writes outside",
    "start-up files, other submissions, the solutions",
    first="import os, pathlib, sys\nfor name in ('OUTSIDE/home/.bashrc', 'OUTSIDE/solutions/vault/exercises.py', 'OUTSIDE/submitted/ada/vault/exercises.ipynb', 'OUTSIDE/new', '/tmp/vault_was_here', '/usr/vault_was_here'):\n"
    "    try:\n        with open(name, 'a') as f:\n            f.write('WRIT' + 'TEN')\n        print('DO' + 'NE', name)\n    except OSError as e:\n        print(type(e).__name__)",
    shows_not=("DONE",),
)
attack(
    "start-up files",
    "a profile of IPython, a kernel, a configuration of Jupyter and a .pth file that run later as the instructor",
    first="import os, pathlib, site, sys\nfor folder in (os.path.expanduser('~/.ipython/profile_default/startup'), os.path.expanduser('~/.jupyter'), site.getsitepackages()[0], site.getusersitepackages()):\n"
    "    try:\n        os.makedirs(folder, exist_ok=True)\n        pathlib.Path(folder, 'vault_zz.pth').write_text('')\n        print('DO' + 'NE', folder) if not folder.startswith('/box') else None\n    except OSError as e:\n        print(type(e).__name__)",
    shows_not=("DONE",),
    stock="not run: it would write to the home of whoever runs it",
)
attack(
    "links out of the box",
    "symbolic and hard links to the gradebook, devices, and another root",
    first="import os, stat\nfor make in (lambda: os.symlink('OUTSIDE/gradebook.db', 'a'), lambda: os.link('OUTSIDE/gradebook.db', 'b'), lambda: os.mknod('c', stat.S_IFBLK | 0o666, os.makedev(8, 0)), lambda: os.mknod('d', stat.S_IFCHR | 0o666, os.makedev(1, 1)), lambda: os.chroot('/proc/1/root')):\n"
    "    try:\n        make()\n    except OSError as e:\n        print(type(e).__name__)\nfor name in 'abcd':\n    try:\n        print(open(name).read(100), 'RE' + 'AD')\n    except OSError as e:\n        print(type(e).__name__)",
    shows_not=("READ",),
)
attack(
    "kernel doors",
    "namespaces, mounts, keys, bpf, userfaultfd, io_uring, performance counters, setuid",
    first="import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\ncalls = {'unshare': (272, 0x10000000), 'mount': (165, 0, 0, 0, 0, 0), 'bpf': (321, 0, 0, 0), 'userfaultfd': (323, 0), 'io_uring': (425, 1, 0), 'keyctl': (250, 0, 0), 'perf': (298, 0, 0, 0, 0, 0), 'memfd': (319, b'x', 0), 'shmget': (29, 0, 100, 0o1600), 'setuid': (105, 0)}\n"
    "for name, args in calls.items():\n    if libc.syscall(*args) >= 0:\n        print('OP' + 'EN', name)",
    shows_not=("OPEN",),
    stock="not run: it asks the kernel of the instructor",
)

# ---- the notebook ----


def edited(change):
    def edit(nb):
        nb = deepcopy(nb)
        change(nb)
        return nb

    return edit


def _asserting_nothing(nb):
    for cell in nb.cells:
        if is_test(cell):
            cell.source = "pass"
            cell.metadata.nbgrader["points"] = 500


def _reflagged(nb):
    for cell in nb.cells:
        if is_test(cell):
            cell.metadata.nbgrader.update(grade=True, solution=True, locked=False, points=-5)
        elif grade_id(cell):
            cell.metadata.nbgrader.update(grade=True, solution=False, points=100)


def _retyped(nb):
    for i, cell in enumerate(nb.cells):
        if is_test(cell):
            nb.cells[i] = new_markdown_cell("passed", metadata=cell.metadata, id=cell.id)


def _beside(nb):
    for cell in nb.cells:
        cell.metadata["tags"] = ["beside", "raises-exception", "skip-execution"]


def _with_outputs(nb):
    for cell in nb.cells:
        if is_test(cell):
            cell.outputs = [new_output("execute_result", {"text/plain": "2.0"}, execution_count=1)]


def _doubled(nb):
    tests = [deepcopy(cell) for cell in nb.cells if is_test(cell)]
    for i, cell in enumerate(tests):
        cell.id, cell.source = f"again{i}", "pass"
    nb.cells[:0] = tests
    nb.cells += deepcopy(tests)


def _marked_up(nb):
    script = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='javascript:alert(1)'></iframe>"
    nb.cells.append(new_markdown_cell(script + "[x](javascript:alert(1))", id="script"))
    nb.cells.append(new_markdown_cell("x", attachments={"x.svg": {"image/svg+xml": script}}, id="attached"))
    nb.metadata["title"] = nb.metadata["kernelspec"]["display_name"] = "</title>" + script
    nb.metadata["language_info"] = {"name": f"python'>{script}"}
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"</script>" + script: {}}}}


attack(
    "deletes the tests",
    "hands in no test cell at all",
    NOTHING,
    edit=edited(lambda nb: nb.update(cells=[c for c in nb.cells if not is_test(c)])),
)
attack(
    "doubles the tests", "a copy of each test that asserts nothing, before and behind", NOTHING, edit=edited(_doubled)
)
attack(
    "edits tests and points", "tests that assert nothing, for 500 points each", NOTHING, edit=edited(_asserting_nothing)
)
attack("re-flags cells", "tests become answers, answers become tests of 100 points", NOTHING, edit=edited(_reflagged))
attack("tests become text", "the test cells are Markdown", NOTHING, edit=edited(_retyped))
attack("tags", "asks for tests beside the code, that may raise and need not run", NOTHING, edit=edited(_beside))
attack(
    "outputs that count",
    "test cells come with an output that nbgrader reads as points",
    NOTHING,
    edit=edited(_with_outputs),
)
attack(
    "outputs made in a cell",
    "a cell says that it is a test, and results in 100",
    NOTHING,
    edit=edited(
        lambda nb: nb.cells.append(
            new_code_cell(
                "100.0",
                id="more",
                metadata={
                    "nbgrader": {
                        "grade_id": "more",
                        "grade": True,
                        "points": 100,
                        "solution": False,
                        "locked": True,
                        "schema_version": 3,
                        "task": False,
                    }
                },
            )
        )
    ),
)
attack(
    "another kernel",
    "names a kernel that does something else",
    NOTHING,
    edit=edited(
        lambda nb: nb.metadata.update(kernelspec={"name": "bash-evil-kernel", "display_name": "x", "language": "bash"})
    ),
    shows_not=("bash-evil-kernel",),
)
attack(
    "scripts in the notebook",
    "HTML in Markdown cells, attachments and metadata, for the page that the instructor opens",
    edit=edited(_marked_up),
    shows_not=("</title><script", "python'>", "</script><script"),
)
attack(
    "scripts in outputs",
    "HTML, SVG, JavaScript and Markdown outputs, for the page that the instructor opens",
    first="from IPython.display import display\nbad = '<scr' + 'ipt>alert(1)</scr' + 'ipt>'\n"
    "for kind in ('text/html', 'image/svg+xml', 'application/javascript', 'text/markdown', 'image/png', 'application/vnd.jupyter.widget-view+json'):\n    display({kind: bad}, raw=True, metadata={'x': bad})",
    shows_not=("onerror", "<script"),
)
attack(
    "a marker in its own cell",
    "a cell that breaks the reader of hidden tests",
    first="### BEGIN HIDDEN TESTS\n%%time\nthis is no Python (",
)
attack(
    "surrogates and control characters",
    "outputs that no file and no terminal can take",
    first="print('\\ud800', '\\x1b]0;owned\\x07', '\\x00')\nraise ValueError('\\ud800\\x1b[2J')",
    answers={"double": "def double(x):\n    raise ValueError('\\x1b]0;owned\\x07\\ud800')"},
)

# ---- the connection between the student's process and the judge ----

FIND = """\
import gc, os, socket, struct, threading, time
import msgpack
import numpy as np


def channel():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Channel")


def student():
    return next(o for o in gc.get_objects() if type(o).__name__ == "Student")


def reply(payload, changed=(), origin=0, status="ok"):
    channel().send(["reply", status, payload, origin, list(changed), ["", ""]])


def raw(data):
    channel().sock.sendall(data)


def message(packed):
    raw(struct.pack("<I", len(packed)) + packed)

"""


def protocol(name, how, source="", **more):
    """Add an attack that speaks with the judge itself: ``source`` is its `double`, after `FIND`."""
    more.setdefault("stock", "not run: there is no such connection")
    attack(name, how, FIND + "\n" + source if source else "", **more)


VISIBLE_OF_DRAW = "def draw(rng, n):\n    if n == 3:\n        return rng.random(3)\n"

protocol(
    "answers in advance",
    "sends five answers for one question",
    "def double(x):\n    for _ in range(5):\n        reply(True)\n    return 0.0",
)
protocol(
    "rubbish",
    "sends bytes that are no message",
    "def double(x):\n    message(b'\\xc1' * 1000)\n    return 0.0",
    caught=True,
)
protocol(
    "a message of four gigabytes",
    "announces a length, and sends no more",
    "def double(x):\n    raw(b'\\xff' * 4)\n    time.sleep(9)",
    caught=True,
)
protocol(
    "a message byte by byte",
    "sends a byte now and then to keep the judge waiting",
    "def double(x):\n    packed = msgpack.packb(['reply', 'ok', 0.0, 0, [], ['', '']])\n    for b in struct.pack('<I', len(packed)) + packed:\n        raw(bytes([b]))\n        try:\n            time.sleep(0.4)\n        except KeyboardInterrupt:\n            pass\n    return 0.0",
)
protocol(
    "deep nesting",
    "a list in a list in a list, 400 and 100,000 times",
    "def double(x):\n    data = 1.0\n    for _ in range(100):\n        data = ['list', [data]]\n"
    "    if not isinstance(x, float):\n        message(b'\\x91' * 100_000)\n    reply(data)\n    return 0.0",
    caught=True,
)
protocol(
    "wide nesting",
    "a list of ten million nothings",
    "def double(x):\n    raw(struct.pack('<I', 40_000_050) + msgpack.packb(['reply', 'ok'])[:1].replace(b'\\x92', b'\\x96') + msgpack.packb('reply') + msgpack.packb('ok'))\n"
    "    raw(b'\\xdd' + struct.pack('>I', 39_999_990) + b'\\xc0' * 39_999_990)\n    raw(bytes(100))\n    return 0.0",
)
protocol(
    "two million handles",
    "an answer of objects without end",
    "def double(x):\n    reply(['list', [['handle', i, 'x', False] for i in range(2_000_000)]])\n    return 0.0",
)
protocol(
    "forged handles",
    "numbers of objects that do not exist, names of classes that are none",
    "def double(x):\n    reply(['handle', -(1 << 62), '\\x1b[2J<script>' * 1000, True])\n    return 0.0",
)
protocol(
    "handles that are none",
    "handles of text, of fractions, of other handles",
    "def double(x):\n    reply(['handle', ['handle', 0, '', True], 1.5, 'x'])\n    return 0.0",
    caught=True,
)
protocol(
    "a number of a hundred million digits",
    "as the text that integers travel in",
    "def double(x):\n    reply(['int', 'f' * 50_000_000])\n    return 0.0",
)
protocol(
    "tags that are not its own",
    "asks the judge for imports, frameworks and repetitions",
    "def double(x):\n    reply(['import', 'os', 'system'])\n    return 0.0",
    caught=True,
)
protocol(
    "a dtype that runs code",
    "an array of objects given as raw addresses",
    "def double(x):\n    reply(['array', '|O8', [2], b'A' * 16])\n    return 0.0",
    caught=True,
)
protocol(
    "an array larger than its bytes",
    "shapes and strides that reach outside",
    "def double(x):\n    reply(['array', '<f8', [1000], b'A' * 8, [8], True])\n    return 0.0",
    caught=True,
)
protocol(
    "strides that reach outside",
    "an array whose memory would be petabytes",
    "def double(x):\n    reply(['array', '<f8', [2], bytes(16), [1 << 50], True])\n    return 0.0",
    caught=True,
)
protocol(
    "forged callbacks",
    "calls functions of the judge that were never handed over",
    "def double(x):\n    channel().send(['callback', 99, [], []])\n    return 0.0",
    caught=True,
)
protocol(
    "callbacks without end",
    "calls the judge's function until the time is over, with an object that calls again",
    answers={
        "visit": FIND
        + "\ndef visit(f, values):\n    class Again:\n        def __add__(self, other):\n            return f(self)\n        __rsub__ = __add__\n    while True:\n        try:\n            f(Again())\n        except RecursionError:\n            pass"
    },
)
protocol(
    "the judge's function as its own",
    "answers the question for `double` with a function that the judge has handed over",
    answers={
        "visit": FIND
        + "\ndef visit(f, values):\n    me = student()\n    me._do_get = lambda call, name: ['callback', 0, 'f']\n    type(me)._do_get = lambda self, call, name: ['callback', 0, 'f']\n    return [f(v) for v in values]"
    },
    honest=3,
)
protocol(
    "changes that fit nothing",
    "says that arguments changed that there are not",
    "def double(x):\n    reply(0.0, [[7, 1.0], [-1, ['list', []]]])\n    return 0.0",
    caught=True,
)
protocol(
    "rewrites the input to fit the answer",
    "changes its argument so that the wrong answer is right",
    "def double(x):\n    if np.ndim(x):\n        x[...] = 0\n    return x * 0",
)
protocol(
    "rewrites earlier inputs",
    "names another call as the one whose arguments have changed",
    "def double(x):\n    for origin in range(50):\n        reply(0.0, [[0, ['array', '<f8', [2], bytes(16)]]], origin)\n    return 0.0",
)
protocol(
    "a generator that reads the judge's memory",
    "gives back a state that points far behind its buffer",
    answers={
        "draw": FIND
        + "\ndef draw(rng, n):\n    if n == 3:\n        return rng.random(3)\n    state = rng.get_state(legacy=False)\n    state['state']['pos'] = 100_000_000\n"
        "    codec = student().codec\n    reply(0.0, [[0, ['random state', codec.encode(state)]]], student().calls - 1)"
    },
    honest=1,
    caught=True,
)
protocol(
    "a Philox that reads the judge's memory",
    "returns a generator whose place is negative",
    answers={
        "draw": FIND
        + "\ndef draw(rng, n):\n    state = np.random.Philox(1).state\n    state['buffer_pos'] = -100_000_000\n    reply(['generator', student().codec.encode(state)])"
    },
    caught=True,
)
protocol(
    "an answer after the deadline",
    "ignores the interruption, and answers when the time is over",
    "def double(x):\n    until = time.monotonic() + 2\n    while time.monotonic() < until:\n        try:\n            time.sleep(0.1)\n        except KeyboardInterrupt:\n            pass\n    return 0.0",
)
protocol(
    "a thread that goes on answering",
    "reads the questions itself and says yes to all",
    "def yes():\n    while True:\n        channel().receive()\n        reply(True)\n\n\ndef double(x):\n    for _ in range(4):\n        threading.Thread(target=yes, daemon=True).start()\n    time.sleep(0.2)\n    return 0.0",
)
protocol(
    "patches the student's side",
    "replaces functions of the protocol in memory",
    "def double(x):\n    return 0.0\n\n\nme = student()\nfor name in ('_do_call', '_do_operate'):\n    setattr(type(me), name, lambda self, *a: True)\ntype(me.codec).encode = lambda self, value: True\ntype(me)._changed = lambda self, origin: []",
)
protocol(
    "descriptors over the socket",
    "sends open files along with its answers",
    "def double(x):\n    try:\n        socket.send_fds(channel().sock, [b'\\0'], [os.open('/usr', os.O_RDONLY)] * 50)\n    except OSError:\n        pass\n    return 0.0",
)
protocol(
    "closes the connection", "hangs up in the middle", "def double(x):\n    channel().sock.close()\n    return 0.0"
)
protocol(
    "writes to every descriptor",
    "sends an answer into all that is open",
    "def double(x):\n    packed = msgpack.packb(['reply', 'ok', True, 0, [], ['', '']])\n    for fd in range(64):\n        try:\n            os.write(fd, struct.pack('<I', len(packed)) + packed)\n        except OSError:\n            pass\n    return 0.0",
)
protocol(
    "forged outputs",
    "outputs of a cell that no cell makes, and a count of a trillion",
    first=FIND
    + "\nreply(['list', [['list', [['dict', [['output_type', 'error'], ['ename', 7]]], 3, ['dict', [['output_type', 'stream'], ['name', ['list', []]]]]]], -(1 << 40)]])",
)

# ---- telling what a hidden test does ----

attack(
    "prints what it is given",
    "prints every argument",
    "def double(x):\n    print('given', x)\n    if isinstance(x, str):\n        raise ValueError\n    return 2 * x",
    honest=3,
    last="print(globals().get('x'))",
)
attack(
    "says a hidden word",
    "an AssertionError that says the text that came in",
    "def double(x):\n    if isinstance(x, str):\n        raise AssertionError(x)\n    return 2 * x",
    honest=1,
)
attack(
    "names a class after the input",
    "the name of an exception's class is what came in",
    "def double(x):\n    if np.ndim(x) or x != 3.0:\n        raise type(f'Error{np.ravel(x)[0]:.0f}', (Exception,), {})(str(x))\n    return 2 * x",
    honest=1,
)
attack(
    "names an object after the input",
    "the answer's class, __name__, __qualname__ and repr are what came in",
    "def double(x):\n    if np.ndim(x) or x != 3.0:\n        name = f'C{np.ravel(x)[0]:.0f}'\n        made = type(name, (), {'__repr__': lambda self: name, '__qualname__': name})\n        made.__name__ = name\n        return made()\n    return 2 * x",
    honest=1,
)
attack(
    "keeps it in a file",
    "writes what comes in to a file, and shows the file in a later cell",
    "def double(x):\n    with open('seen', 'a') as f:\n        f.write(repr(x))\n    return 2 * x if not isinstance(x, str) else int(x)",
    honest=3,
    answers={"visit": "print(open('seen').read())"},
    last="print(open('seen').read())",
)
attack(
    "keeps it in the kernel",
    "abstract sockets, shared memory, message queues, semaphores, keys",
    "import ctypes, os, socket\nlibc = ctypes.CDLL(None)\nkept = []\n\n\ndef double(x):\n    if np.ndim(x) == 1:\n        s = socket.socket(socket.AF_UNIX)\n        s.bind(chr(0) + f'S{x[0]:.0f}')\n        kept.append(s)\n"
    "        libc.shmget(73190421, 8, 0o1666)\n        libc.shm_open(b'/s73190421', 0o102, 0o666)\n        libc.mq_open(b'/s73190421', 0o102, 0o666, None)\n        libc.sem_open(b'/s73190421', 0o102, 0o666, 1)\n    return 2 * x if not isinstance(x, str) else int(x)",
    honest=3,
    last="import os\nfor name in ('/proc/net/unix', '/proc/sysvipc/shm', '/proc/locks', '/proc/keys'):\n    print(open(name).read() if os.path.exists(name) else name)\nprint(os.listdir('/dev'))",
)

BITS = """\
import os
names = sorted(os.path.join("/usr/bin", n) for n in os.listdir("/usr/bin") if os.path.isfile(f"/usr/bin/{n}"))[:27]
kept = []


def double(x):
    if np.ndim(x) == 1:
        try:
            for i, name in enumerate(names):
                if int(x[0]) >> i & 1:
                    kept.append(os.open(name, os.O_RDONLY))
                    LOCK
        except OSError as error:
            print(error)
    return 2 * x if not isinstance(x, str) else int(x)
"""
attack(
    "keeps it in locks",
    "locks programs in /usr/bin, a file for each bit, which the first process reads in a later cell",
    "import fcntl\n" + BITS.replace("LOCK", "fcntl.flock(kept[-1], fcntl.LOCK_EX)"),
    honest=3,
    last="import fcntl\nbits = 0\nfor i, name in enumerate(names):\n    try:\n        fcntl.flock(os.open(name, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)\n    except OSError:\n        bits |= 1 << i\nprint(bits)",
)
attack(
    "keeps it in record locks",
    "the same with locks of parts of a file, which F_GETLK tells",
    "import fcntl, struct\n"
    + BITS.replace("LOCK", "fcntl.fcntl(kept[-1], 37, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0))"),
    honest=3,
    last="bits = 0\nfor i, name in enumerate(names):\n    try:\n        told = fcntl.fcntl(os.open(name, os.O_RDONLY), 36, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))\n        bits |= (struct.unpack('hhqqi', told)[0] != fcntl.F_UNLCK) << i\n    except OSError as e:\n        print(e)\nprint(bits)",
)
attack(
    "tells by time",
    "is slow on a hidden input; the next cell looks at the clock",
    "import time\n\n\ndef double(x):\n    if np.ndim(x) == 1:\n        time.sleep(0.8)\n    then = time.time()\n    return 2 * x if not isinstance(x, str) else int(x)\n\n\nbegan = time.time()",
    honest=3,
    answers={"visit": "import time\nprint('SL' + 'OW' if time.time() - began > 0.7 else 'fast')\n"},
    shows_not=("SLOW",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "tells by watching files",
    "inotify in the first process, opened files in the second",
    "import ctypes, os\nlibc = ctypes.CDLL(None)\nfd = libc.inotify_init1(0o4000)\nlibc.inotify_add_watch(fd, b'/usr/bin/env', 0x20)\n\n\ndef double(x):\n    if np.ndim(x) == 1:\n        open('/usr/bin/env', 'rb').close()\n    return 2 * x if not isinstance(x, str) else int(x)",
    honest=3,
    last="try:\n    os.read(fd, 100)\n    print('SE' + 'EN')\nexcept OSError as e:\n    print(e)",
    shows_not=("SEEN",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "a segmentation fault",
    "asks for a core dump of what it has seen",
    "import ctypes\n\n\ndef double(x):\n    libc = ctypes.CDLL(None)\n    libc.prctl(4, 1, 0, 0, 0)\n    ctypes.string_at(8)",
)
attack(
    "magics",
    "shell escapes, scripts, %run, %%writefile and JavaScript of IPython",
    first="!cat OUTSIDE/gradebook.db\nfiles = !ls OUTSIDE\nprint(files)\nget_ipython().run_cell_magic('bash', '', 'cat OUTSIDE/gradebook.db; echo x > OUTSIDE/new')\nget_ipython().run_cell_magic('javascript', '', 'alert(1)')",
)
attack(
    "kernel settings",
    "writes /proc/sys, /sys and its own limits",
    first="import resource\nfor name in ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/self/oom_score_adj', '/proc/sysrq-trigger', '/sys/power/state'):\n"
    "    try:\n        with open(name, 'r+b' if 'score' not in name else 'wb') as f:\n            print('OP' + 'EN', name) if 'score' not in name else None\n    except OSError as e:\n        print(e)\n"
    "for what in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_AS):\n    try:\n        resource.setrlimit(what, (-1, -1))\n        print('OP' + 'EN')\n    except (OSError, ValueError) as e:\n        print(e)",
    shows_not=("OPEN",),
    stock="not run: it would change the machine",
)
attack(
    "an endless sequence",
    "an answer whose encoding has no end",
    "from collections.abc import Sequence\n\n\nclass Endless(Sequence):\n    def __len__(self): return 5\n    def __getitem__(self, i): return 6.0\n\n\ndef double(x):\n    return Endless()",
)
