/** Prints every skipped test with its reason, so that nothing is skipped silently; a skip without a reason fails the run. */
export default class SkipReporter {
  onTestRunEnd(modules) {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    for (const test of skipped) {
      const reason = test.result()?.note;
      console.log(`skipped: ${test.fullName}: ${reason ?? "no reason given"}`);
      if (!reason) process.exitCode = 1;
    }
  }
}
