// Plain JavaScript without imports, so that a Node too old for TypeScript can run it and print the message below.

/**
 * Keeps the compiled code of this process for its next start, which then takes 30 MB less memory. The services have a cache of their
 * own in the data folder, which is not known yet.
 */
function keepCompiledCode() {
  const { enableCompileCache } = process.getBuiltinModule('node:module')
  const folder = new URL('../../../node_modules/.cache/warm-pods', import.meta.url)
  enableCompileCache(process.getBuiltinModule('node:url').fileURLToPath(folder))
}

/**
 * Runs a TypeScript program. When Node 24 or the dependencies are missing, it prints how to install them.
 * @param {string} command as the user types it
 * @param {() => Promise<unknown>} load imports the program
 */
export async function launch(command, load) {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    console.error(
      `Warm Pods needs Node 24, and this is Node ${process.versions.node}. ` +
        `Run "npm ci" here once, then "${command}": npm then uses the Node 24 that it has installed here.`,
    )
    process.exitCode = 1
    return
  }
  keepCompiledCode()
  try {
    await load()
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error(
      `The dependencies of Warm Pods are not installed (${String(error.message).split('\n')[0]}). ` +
        `Run "npm ci" here, then "${command}".`,
    )
    process.exitCode = 1
  }
}
