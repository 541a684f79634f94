// Fails when a report of vitest holds no passed test of the suites whose names contain a text: a skipped suite is no proof.
import { readFileSync } from 'node:fs';

const [file, text] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));
let passed = 0;
let skipped = 0;
for (const suite of report.testResults) {
  for (const test of suite.assertionResults) {
    if (!test.fullName.includes(text)) continue;
    if (test.status === 'passed') passed += 1;
    else if (test.status !== 'failed') skipped += 1;
  }
}
console.log(`${text} suites: ${passed} tests passed, ${skipped} skipped`);
if (passed === 0 || skipped > 0) {
  console.error(`the ${text} suites did not run whole: see the messages of the test run`);
  process.exit(1);
}
