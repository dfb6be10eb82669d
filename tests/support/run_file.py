# SPDX-License-Identifier: MIT
"""run_file.py FILE WORD: runs the tests of one file whose name holds WORD; run.py reads what it prints.

Each line is a JSON string: the story of one test, as it ends. The last one is [passed, failed, skipped].
"""

import json
import pathlib
import sys
import time
import unittest

from process import Invalid


def tell(what):
    print(json.dumps(what), flush=True)


class Narrator(unittest.TestResult):
    """One story per test; of a failure also the ends of the lab's logs."""

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def _say(self, word, test, detail=''):
        seconds = time.monotonic() - getattr(self, 'started', time.monotonic())
        name = '.'.join(test.id().split('.')[-3:])
        tell(f'{word:5} {name} {seconds:.1f} s{detail}')

    def addSuccess(self, test):
        super().addSuccess(test)
        self._say('ok', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say('SKIP', test, ': ' + reason)

    def _failed(self, test, error):
        lab = getattr(getattr(test, 'test_case', test), 'lab', None)
        logs = '\n' + lab.logs() if lab else ''
        word = 'INVALID' if issubclass(error[0], Invalid) else 'FAIL'
        self._say(word, test, '\n' + self._exc_info_to_string(error, test) + logs)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self._failed(subtest, error)


def keep_matching(suite, word):
    kept = unittest.TestSuite()
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            kept.addTest(keep_matching(item, word))
        elif word in item.id():
            kept.addTest(item)
    return kept


def main():
    path, word = pathlib.Path(sys.argv[1]), sys.argv[2]
    folder = str(path.parent)
    suite = unittest.TestLoader().discover(folder, pattern=path.name, top_level_dir=folder)
    result = Narrator()
    keep_matching(suite, word).run(result)
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    tell([max(0, result.testsRun - bad - skipped), bad, skipped])


main()
