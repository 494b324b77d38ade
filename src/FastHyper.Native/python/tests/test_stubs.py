"""The stubs that the wheel has: they say what the modules are, all of it, with types throughout."""
import ast
import importlib
import inspect
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from common import HERE, Case, fasthyper

sys.path.insert(0, str(HERE.parent))
from stubs import stubs  # noqa: E402

CHECKED = """\
import fasthyper, fasthyper.gym, fasthyper.torch, fasthyper.jax
import numpy as np

P: np.ndarray = np.ones((2, 2, 2)) / 2
problem = fasthyper.Problem(P, np.eye(2), gamma=0.9, temperature=0.1)
residual: float = problem.solve().residual
x: np.ndarray = problem.solver(2).vjp(policy=np.eye(2)).x
wrong: str = problem.solve().V
missing = fasthyper.Problem(P, np.eye(2), gamma=0.9)
"""


class Stubs(Case):
    def test_all_that_is_public_is_there_as_it_is(self):
        seen = 0
        for name, text in stubs().items():
            if name in ("torch.pyi", "jax.pyi") and importlib.util.find_spec(name[:-4]) is None:
                continue
            module = importlib.import_module("fasthyper" if name == "__init__.pyi" else f"fasthyper.{name[:-4]}")
            declared = {node.name: node for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
            for public, value in vars(module).items():
                if public.startswith("_") or getattr(value, "__module__", None) != module.__name__ or not hasattr(value, "__qualname__"):
                    continue
                self.assertIn(public, declared, name)
                if inspect.isclass(value):
                    methods = {node.name: node for node in declared[public].body if isinstance(node, ast.FunctionDef)}
                    for method, function in vars(value).items():
                        if inspect.isfunction(function) and not method.startswith("_"):
                            seen += self.same(f"{name} {public}.{method}", methods[method], function)
                elif inspect.isfunction(value):
                    seen += self.same(f"{name} {public}", declared[public], value)
        self.assertGreater(seen, 25)

    def same(self, where, node, function):
        signature = inspect.signature(function)
        arguments = [*node.args.posonlyargs, *node.args.args, *filter(None, [node.args.vararg]), *node.args.kwonlyargs]
        arguments += filter(None, [node.args.kwarg])
        self.assertEqual([a.arg for a in arguments], list(signature.parameters), where)
        for argument, parameter in zip(arguments, signature.parameters.values()):
            if parameter.name != "self":
                self.assertIsNotNone(argument.annotation, f"{where}: {argument.arg}")
                self.assertEqual(ast.unparse(ast.parse(parameter.annotation, mode="eval")), ast.unparse(argument.annotation), where)
        self.assertEqual(ast.unparse(ast.parse(signature.return_annotation, mode="eval")), ast.unparse(node.returns), where)
        return 1

    def test_a_checker_takes_them(self):
        if importlib.util.find_spec("mypy") is None:
            self.skipTest("no mypy here")
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "fasthyper"
            shutil.copytree(Path(fasthyper.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
            for name, text in stubs().items():
                (package / name).write_text(text)
            (Path(folder) / "use.py").write_text(CHECKED)
            (Path(folder) / "mypy.ini").write_text("[mypy]\nignore_missing_imports = True\n[mypy-torch.*]\nfollow_imports = skip\n")
            said = subprocess.run([sys.executable, "-m", "mypy", "use.py"], cwd=folder, capture_output=True, text=True).stdout
        # What is wrong is told, and nothing else: no name of the stubs is undefined.
        self.assertEqual([line.split(":")[1] for line in said.splitlines() if ": error" in line], ["8", "9"], said)


if __name__ == "__main__":
    unittest.main()
