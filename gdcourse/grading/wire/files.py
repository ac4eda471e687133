"""Which files of a student's go over to the judge: kinds that are read as plain data, and run nothing."""

PLAIN = {
    ".txt",
    ".csv",
    ".tsv",
    ".json",
    ".md",
    ".dat",
    ".log",
    ".out",
    ".png",
    ".jpg",
    ".jpeg",
    ".svg",
    ".html",
    ".xml",
}
READERS = {  # names by which a test reads or looks for files
    "open", "exists", "isfile", "is_file", "listdir", "glob", "iglob", "rglob", "iterdir", "scandir", "walk", "getsize", "stat",
    "read_text", "read_bytes", "read_csv", "read_json", "read_table", "loadtxt", "genfromtxt", "fromfile", "imread", "reader",
}  # fmt: skip
RUNNERS = {  # names by which what is read could run
    "exec", "eval", "compile", "pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "yaml", "runpy", "run_path",
    "import_module", "__import__", "importlib", "read_pickle", "allow_pickle", "subprocess", "system", "run_line_magic",
    "weights_only", "cloudpickle", "popen", "Popen", "load_model", "read_hdf", "HDFStore", "ctypes", "builtins",
}  # fmt: skip
METHODS = {"exec", "eval", "compile"}  # those that run nothing as a method's name: `re.compile`, `model.eval()`
