"""What the README shows works as shown."""

import re


def test_the_python_example_recognizes_its_drawing(repository, capsys):
    readme = (repository / "README.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    digit, probability, sure = capsys.readouterr().out.split()
    assert (digit, sure) == ("7", "True")
    assert float(probability) > 0.9
