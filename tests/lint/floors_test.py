# SPDX-License-Identifier: MIT
import unittest

import floors
import tree

TREE = {
    'README.md': 'daemon/\n  base/        0  results\n  model/       1  jobs\n  uv/ bus/     2  the rim\n',
    'daemon/meson.build': "subdir('base')  # 0\nsubdir('model')  # 1\nsubdir('uv')  # 2\nsubdir('bus')\n",
    'daemon/base/meson.build': "base_dep = declare_dependency()\n",
    'daemon/base/text.h': '#include <string>\n',
    'daemon/model/meson.build': "model_dep = declare_dependency(dependencies: [base_dep])\n",
    'daemon/model/job.h': '#include "base/text.h"\n',
    'daemon/uv/meson.build': "uv_dep = declare_dependency(dependencies: [base_dep, uv_lib_dep])\n",
    'daemon/uv/loop.h': '#include "base/text.h"\n',
    'daemon/bus/meson.build': "bus_dep = declare_dependency(dependencies: [model_dep])\n",
    'daemon/bus/object.cpp': '#include "bus/object.h"\n#include "base/text.h"\n#include "job1_adaptor.h"\n',
    'daemon/bus/object.h': '#include "model/job.h"\n',
    'daemon/main.cpp': '#include "bus/object.h"\n',
    'client/main.cpp': '#include "text.h"\n',
    'client/text.h': '',
    'tests/support/fake.h': '',
}


class Floors(tree.LintCase):
    def look(self, name=None, text=''):
        return self.findings_in(floors.findings, TREE | ({name: text} if name else {}))

    def test_the_tree_points_down(self):
        self.assert_clean(floors.findings(tree.ROOT))

    def test_a_house_in_order_has_no_findings(self):
        self.assertEqual(self.look(), [])

    def test_an_upward_include_is_found(self):
        [found] = self.look('daemon/base/text.h', '// first\n#include "model/job.h"\n')
        self.assertIn('daemon/base/text.h:2: includes daemon/model/job.h', found)

    def test_a_way_around_is_found(self):
        for name in ('../model/job.h', 'daemon/model/job.h'):
            [found] = self.look('daemon/base/text.h', f'#  include <{name}>\n')
            self.assertIn('includes daemon/model/job.h', found)

    def test_a_neighbour_that_is_not_linked_is_found(self):
        [found] = self.look('daemon/bus/extra.h', '#include "uv/loop.h"\n')
        self.assertIn('daemon/bus/extra.h:1: includes daemon/uv/loop.h', found)

    def test_a_folder_that_nobody_listed_is_found(self):
        [found] = self.look('daemon/attic/box.h', '#include "base/text.h"\n')
        self.assertIn('does not list attic', found)

    def test_client_daemon_and_tests_stay_apart(self):
        self.assertEqual(len(self.look('client/main.cpp', '#include "base/text.h"\n')), 1)
        self.assertEqual(len(self.look('client/main.cpp', '#include "../daemon/main.cpp"\n')), 1)
        self.assertEqual(len(self.look('client/main.cpp', '#include "support/fake.h"\n')), 1)
        self.assertEqual(len(self.look('daemon/main.cpp', '#include "../client/main.cpp"\n')), 1)
        self.assertEqual(len(self.look('daemon/base/text.h', '#include "support/fake.h"\n')), 1)

    def test_a_picture_that_differs_is_found(self):
        [found] = self.look('README.md', '  base/        0  x\n  model/       1  y\n  uv/ bus/     3  z\n')
        self.assertIn('bus, uv', found)


if __name__ == '__main__':
    unittest.main()
