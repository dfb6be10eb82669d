# SPDX-License-Identifier: MIT
import unittest

import one_definition
import tree


class OneDefinition(tree.LintCase):
    def look(self, **files):
        return self.findings_in(lambda root: one_definition.findings(root, 'daemon'),
                                {f'daemon/{name}.h': text for name, text in files.items()})

    def test_no_program_has_two_classes_of_one_name(self):
        for folder in ('daemon', 'client', 'tests/support'):
            self.assert_clean(one_definition.findings(tree.ROOT, folder))

    def test_a_second_definition_is_found(self):
        [found] = self.look(a='namespace x {\nclass Timer final {};\n}\n',
                            b='namespace x {\nstruct Timer : Base {\n};\n}\n')
        self.assertIn('x::Timer is defined 2 times: daemon/a.h:2, daemon/b.h:2', found)

    def test_what_is_declared_nested_or_nobody_elses_is_none(self):
        self.assertEqual(self.look(a='namespace x { class T {}; class U { struct V {}; }; }\n',
                                   b='namespace x { class T; class W { struct V {}; }; }\n'
                                     'namespace { class T {}; }\n'), [])

    def test_an_empty_folder_is_a_mistake(self):
        self.assertEqual(len(self.look(a='int x;\n')), 1)


if __name__ == '__main__':
    unittest.main()
