"""Loads a tool of this folder as a module; the tools are programs without a suffix."""

import importlib.machinery
import importlib.util
import pathlib
import sys

sys.dont_write_bytecode = True


def load(name):
    path = pathlib.Path(__file__).with_name(name)
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module
