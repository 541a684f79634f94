// The part of the one-door rule (DESIGN: clock, timers, randomness, sockets and files are handed in) that oxlint's own
// rules cannot say: a Date without arguments reads the clock, one with arguments does not.
const MESSAGE = 'A Date without arguments reads the clock, which is handed in by main.ts.';

const readsClock = (node) =>
  node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0;

const noClock = {
  create: (context) => ({
    NewExpression(node) {
      if (readsClock(node)) context.report({ node, message: MESSAGE });
    },
    CallExpression(node) {
      // Called as a function it tells the time whatever it is given.
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date')
        context.report({ node, message: MESSAGE });
    },
  }),
};

export default { meta: { name: 'one-door' }, rules: { 'no-clock': noClock } };
