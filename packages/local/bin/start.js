// Plain JavaScript without imports, so that a Node too old to read TypeScript still gets as far as the sentence below.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `Warm Pods needs Node 24, and this is Node ${process.versions.node}. ` +
      'Run "npm ci" here once and then "npm start": npm brings the right Node along, whatever the machine has.',
  )
  process.exitCode = 1
} else {
  import('../src/cli/main.ts').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(
      `Warm Pods is not installed yet (${String(error.message).split('\n')[0]}). Run "npm ci" here first, then "npm start".`,
    )
    process.exitCode = 1
  })
}
