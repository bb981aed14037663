/**
 * `npm run imports`: the allowed arrows between packages, as the table in docs/design.md states them, and between folders.
 * A rule lists the folders of ours that a folder may import; every other folder of ours is an error. Imports of types count.
 * Tests may import any package, except those of core and local-kubernetes.
 */
import swcVisitor from '@swc/core/Visitor.js'

// dependency-cruiser 18 reads TypeScript through TypeScript < 7 or through swc. swc's visitor does not know `using` yet
// (https://github.com/tc39/proposal-explicit-resource-management); the method below makes it visit those declarations.
const { prototype } = swcVisitor.Visitor ?? swcVisitor
const { visitStatement } = prototype
prototype.visitStatement = function visit(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  statement.decls = this.visitVariableDeclarators(statement.decls)
  return statement
}

const OURS = '^(packages|stacks|scripts)/'
const TESTS = '(\\.test\\.tsx?$|/tests/|/bench/|/_[^/]+\\.tsx?$)'

/** Files below `from` may import, of ours, their own folder and the paths in `to`. */
function only(name, from, to, isTestExempt = true) {
  const own = from.endsWith('/') ? from : `${from}/`
  return {
    name,
    severity: 'error',
    from: { path: `^${own}`, ...(isTestExempt ? { pathNot: TESTS } : {}) },
    to: { path: OURS, pathNot: [own, ...to].map((path) => `^${path}`) },
  }
}

const CORE = 'packages/core/src'
const FUNCTIONS = 'packages/functions/src'
const WEB = 'packages/web/src'
/** The files directly in a folder. */
const filesOf = (folder) => `${folder}/[^/]+$`
const foldersOf = (folder, ...names) => names.map((name) => `${folder}/${name}/`)

const core = (folder, ...folders) =>
  only(`core/${folder}`, `${CORE}/${folder}`, [filesOf(CORE), ...foldersOf(CORE, ...folders)])

const functions = (folder, ...folders) =>
  only(`functions/${folder}`, `${FUNCTIONS}/${folder}`, [
    'packages/core/',
    filesOf(FUNCTIONS),
    ...foldersOf(FUNCTIONS, ...folders),
  ])

const web = (folder, ...folders) =>
  only(`web/${folder}`, `${WEB}/${folder}`, ['packages/core/', ...foldersOf(WEB, ...folders)])

export default {
  forbidden: [
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },

    only('core imports no other package', 'packages/core', [], false),
    only('local-kubernetes imports no other package', 'packages/local-kubernetes', [], false),
    only('functions import core', 'packages/functions', ['packages/core/']),
    only('pod imports core', 'packages/pod', ['packages/core/']),
    only('web imports core', 'packages/web', ['packages/core/']),
    only('simulation imports core, functions, pod', 'packages/simulation', [
      'packages/core/',
      'packages/functions/',
      'packages/pod/',
      // The dev server's queue is simulated too: it decides the order of simultaneous claims.
      'packages/local/src/dev-server/claim-queue.ts$',
    ]),
    only('monitoring imports core', 'packages/monitoring', ['packages/core/']),
    only('local imports core, functions, local-kubernetes, monitoring', 'packages/local', [
      'packages/core/',
      'packages/functions/',
      'packages/local-kubernetes/',
      'packages/monitoring/',
    ]),
    only('stacks import core and functions', 'stacks', ['packages/core/', 'packages/functions/']),
    only('scripts import core', 'scripts', ['packages/core/']),

    // Each folder of core may import those before it; contracts and states refer to each other's types.
    core('api', 'state'),
    core('identity'),
    core('state', 'api'),
    core('transitions', 'api', 'identity', 'state'),
    core('planner', 'api', 'state', 'transitions'),
    core('simulation', 'api', 'identity', 'state', 'transitions', 'planner'),

    functions('lib'),
    functions('gateway', 'lib'),
    functions('store', 'lib'),
    functions('aws', 'lib'),
    functions('kubernetes', 'lib', 'aws'),
    functions('sessions', 'gateway', 'lib', 'store', 'kubernetes'),
    functions('refill', 'lib', 'store', 'kubernetes', 'sessions'),
    functions('api', 'lib', 'store', 'kubernetes', 'sessions'),

    web('lib'),
    web('copy', 'lib'),
    web('components', 'lib', 'copy'),
    web('probe', 'lib'),
    web('visit', 'lib', 'copy', 'probe'),
    web('analytics', 'lib', 'copy', 'components', 'visit'),
    web('chart', 'lib', 'copy', 'components', 'probe', 'visit'),
    web('diagram', 'lib', 'copy', 'components', 'probe', 'visit'),
    web('instrument', 'lib', 'copy', 'components', 'probe', 'visit', 'chart'),
    web('pool', 'lib', 'copy', 'components', 'probe', 'visit', 'instrument'),
    web('receipt', 'lib', 'copy', 'components', 'probe', 'visit', 'chart', 'pool'),
    web('chapters', 'lib', 'copy', 'components', 'probe', 'visit', 'diagram', 'pool'),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.local|\\.sst|test-results)/' },
    webpackConfig: { fileName: 'scripts/imports-alias.mjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
