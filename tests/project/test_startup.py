"""What starts quickly: neither the import nor the help loads a framework or a plotting library."""

import json
import subprocess
import sys
import textwrap

import pytest

HEAVY = ["keras", "tensorflow", "sklearn", "matplotlib", "scipy", "onnxruntime", "openvino", "torch", "onnx", "tf2onnx"]
FRAMEWORKS = ["keras", "tensorflow", "onnxruntime", "openvino", "torch", "onnx", "tf2onnx"]


def loaded_after(code: str, watched: list[str]) -> list[str]:
    """The watched modules that a fresh interpreter holds after running ``code``."""
    script = textwrap.dedent(code) + textwrap.dedent(
        f"""
        import json, sys
        print("\\n" + json.dumps([name for name in {watched!r} if name in sys.modules]))
        """
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    loaded: list[str] = json.loads(result.stdout.strip().splitlines()[-1])
    return loaded


def test_the_probe_itself_notices_a_loaded_module():
    assert loaded_after("import decimal", ["decimal", "keras"]) == ["decimal"]


def test_import():
    assert loaded_after("import frostline", HEAVY) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["diagnose", "--help"], ["check", "--help"]])
def test_the_command_line(arguments):
    code = f"""
        from frostline.cli import main
        import sys
        sys.argv = ["frostline", *{arguments!r}]
        try:
            main()
        except SystemExit as stop:
            assert stop.code in (0, None), stop.code
        """
    assert loaded_after(code, HEAVY) == []


def test_the_installed_command_starts():
    from pathlib import Path

    program = Path(sys.executable).with_name("frostline")
    assert program.exists(), "the package does not install the command `frostline`"
    result = subprocess.run([str(program), "--help"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    for command in ("check", "diagnose"):
        assert command in result.stdout


def test_the_health_check_needs_no_framework(tmp_path):
    code = f"""
        import numpy as np
        from pathlib import Path
        from PIL import Image
        folder = Path({str(tmp_path)!r}) / "photos"
        chance = np.random.default_rng(0)
        for label in ("cat", "dog"):
            (folder / label).mkdir(parents=True)
            for i in range(12):
                pixels = chance.integers(0, 255, (40, 40, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / label / f"{{i}}.png")
        from frostline.cli import main
        import sys
        sys.argv = ["frostline", "check", str(folder)]
        try:
            main()
        except SystemExit as stop:
            assert stop.code in (0, None), stop.code
        """
    assert loaded_after(code, FRAMEWORKS) == []


@pytest.mark.parametrize("package", ["data", "diagnose", "report", "stats", "recipe"])
def test_framework_free_packages(package):
    assert loaded_after(f"import frostline.{package}", FRAMEWORKS) == []
