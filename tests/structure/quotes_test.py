"""Shows that quotes.py can fail: documents with one mistake each, and one without."""

import pathlib
import tempfile
import unittest

import quotes

EXAMPLE = """int main() {
  // [readme]
  if (1) {
    two();
  }
  // [readme]
}
"""
QUOTED = "if (1) {\n  two();\n}\n"


def document(path, code):
    return f"text\n\n<!-- {path} -->\n```cpp\n{code}```\n\n```sh\nmore\n```\n"


class Quotes(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        self.write("examples/a.cpp", EXAMPLE)
        self.write("README.md", document("examples/a.cpp", QUOTED))

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def assert_one(self, text):
        problems = quotes.check(self.root)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])

    def test_accepts_the_marked_part_without_its_indentation(self):
        self.assertEqual(quotes.check(self.root), [])

    def test_accepts_a_whole_file(self):
        self.write("examples/b.cpp", "int b;\n")
        self.write("docs/b.md", document("examples/b.cpp", "int b;\n"))
        self.assertEqual(quotes.check(self.root), [])

    def test_refuses_other_code(self):
        self.write("README.md", document("examples/a.cpp", QUOTED.replace("two", "three")))
        self.assert_one("README.md:3: differs from examples/a.cpp")

    def test_refuses_an_empty_quotation(self):
        self.write("README.md", document("examples/a.cpp", ""))
        self.assert_one("differs")

    def test_refuses_code_of_an_unknown_file(self):
        self.write("README.md", document("examples/none.cpp", QUOTED))
        self.assert_one("which does not exist")

    def test_refuses_an_open_marker(self):
        self.write("examples/a.cpp", "// [readme]\nint a;\n")
        self.assert_one("examples/a.cpp: 1 lines")

    def test_refuses_a_readme_without_quotation(self):
        self.write("README.md", "text\n```cpp\nint a;\n```\n")
        self.assert_one("README.md quotes no example")

    def test_updates_quotations_and_nothing_else(self):
        self.write("README.md", document("examples/a.cpp", "old\n"))
        quotes.update(self.root)
        self.assertEqual((self.root / "README.md").read_text(encoding="utf-8"),
                         document("examples/a.cpp", QUOTED))


if __name__ == "__main__":
    unittest.main()
