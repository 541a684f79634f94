import { expect, test } from 'vitest';
import { shellCommands } from './shell.js';

test('commands are read as a shell would', () => {
  const text = `
A=1 tollgate serve --store 'x?y=z'   # where
echo '{"a":"b c"}' | tollgate decide -
tollgate rules show velocity > file && npm test
tollgate export x | head
npx buf curl --data '{
  "a": 1 # no comment
}' http://host#part`;
  expect(shellCommands(text)).toEqual([
    { words: ['tollgate', 'serve', '--store', 'x?y=z'], stdin: undefined, environment: { A: '1' } },
    { words: ['tollgate', 'decide', '-'], stdin: '{"a":"b c"}', environment: {} },
    { words: ['tollgate', 'rules', 'show', 'velocity'], stdin: undefined, environment: {} },
    { words: ['npm', 'test'], stdin: undefined, environment: {} },
    { words: ['tollgate', 'export', 'x'], stdin: undefined, environment: {} },
    {
      words: ['npx', 'buf', 'curl', '--data', '{\n  "a": 1 # no comment\n}', 'http://host#part'],
      stdin: undefined,
      environment: {},
    },
  ]);
});
