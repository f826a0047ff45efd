const shown = 10;

/** Prints the slowest tests, so that whoever makes one slow sees it. */
export default class SlowestReporter {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const timed = tests.map((test) => ({ test, seconds: (test.diagnostic()?.duration ?? 0) / 1000 }));
    timed.sort((a, b) => b.seconds - a.seconds);
    if (timed.length <= shown) return;
    const lines = timed
      .slice(0, shown)
      .map(
        ({ test, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${test.module.relativeModuleId}  ${test.fullName}`,
      );
    console.log(`\nThe ${shown} slowest of ${timed.length} tests:\n${lines.join("\n")}`);
  }
}
