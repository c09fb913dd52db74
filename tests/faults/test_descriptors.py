"""More files than descriptors."""

import resource

from scenario import Scenario


class DescriptorTest(Scenario):
    def test_five_hundred_files_with_sixty_four_descriptors(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        files = self.pick(300, 500)
        standin = self.standin()
        report = self.write(20 * files, files=files)
        agent = self.agent(self.config(standin), preexec=limit)
        verdict = self.wait_for_all(standin, report['files'], 60, agent)
        self.check_verdict(verdict)
        self.check_no_loss(self.wait_rest(agent))
        # Files that are read to their end may be closed, but must be followed on.
        more = self.write(20 * files, files=files, start=20)
        files = {name: [0, span[1]] for name, span in more['files'].items()}
        self.check_verdict(self.wait_for_all(standin, files, 60, agent))
        self.end(agent)
