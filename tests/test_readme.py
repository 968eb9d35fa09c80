"""What the README shows works as shown."""

import re


def test_the_python_example_recognizes_its_drawing(repository, capsys):
    readme = (repository / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    digit, probability, verdict = capsys.readouterr().out.split()
    assert (digit, verdict) == ("7", "sure")
    assert float(probability) > 0.9
