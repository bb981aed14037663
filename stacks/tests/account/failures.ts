/** Deploys that end in the middle. Each says how to continue, and the repeat succeeds (docs/operations.md, "A deploy that was cut off"). */
import type { Context } from './context.ts'
import { removeOther } from './lifecycle.ts'
import { existingTables, orphansOf, stateResources } from './report.ts'
import { fails, hasNoChanges, sstMessage, succeeds } from './sst.ts'
import { StepError } from './steps.ts'

const STAGE = 'ada'
const DEPLOY = ['deploy', '--stage', STAGE]
/** The changes after which a deploy is cut off. A personal stage makes about 45. */
const MIDDLE = 12

export async function failures(context: Context): Promise<void> {
  const { steps, sst, proxy } = context
  await steps.run('killed: kill -9 in the middle of a deploy', async () => {
    proxy.afterChanges(MIDDLE, sst.kill)
    const { code } = await sst.run(DEPLOY, {})
    if (proxy.faultIsPending || code !== undefined)
      throw new StepError(`The deploy ended with ${code} before it was killed.`)
  })
  await steps.run('killed: the next deploy says how to unlock', () => fails(sst, DEPLOY, {}, [/sst unlock/]))
  await steps.run('killed: unlock and deploy', () => unlockAndDeploy(context))
  await steps.run('killed: the resources that the state lacks are found', () => deleteOrphans(context))
  await removeOther(context, STAGE)

  await steps.run('expired: credentials expire in the middle of a deploy', async () => {
    proxy.afterChanges(MIDDLE, () => {
      proxy.credentialsExpired = true
    })
    await fails(sst, DEPLOY, {}, [/expired/i])
    if (proxy.faultIsPending) throw new StepError('The deploy ended before the credentials expired.')
  })
  await steps.run('expired: with new credentials, unlock and deploy', async () => {
    proxy.credentialsExpired = false
    await unlockAndDeploy(context)
  })
  await steps.run('expired: the resources that the state lacks are found', () => deleteOrphans(context))
  await removeOther(context, STAGE)
}

/** A resource that AWS was creating exists, and SST's state lacks it. Deleting it lets the next deploy create it again. */
async function unlockAndDeploy({ sst, account }: Context): Promise<void> {
  await succeeds(sst, ['unlock', '--stage', STAGE], {})
  for (;;) {
    const { code, output } = await sst.run(DEPLOY, {})
    if (code === 0) break
    const message = sstMessage(output)
    const tables = existingTables(message)
    if (tables.length === 0) throw new StepError(`The repeated deploy failed:\n${message.slice(-2000)}`)
    console.log(`  deleting ${tables.join(', ')}: the state lacks them`)
    for (const TableName of tables) await account.json('dynamodb', 'DeleteTable', { TableName })
  }
  await hasNoChanges(sst, STAGE, {})
}

/** Deletes every resource of the stage that the state lacks. Their names are generated, so no deploy names them. */
async function deleteOrphans({ sst, account, left }: Context): Promise<void> {
  const output = await succeeds(sst, ['state', 'export', '--stage', STAGE], {})
  const orphans = orphansOf(left(), STAGE, stateResources(sstMessage(output)))
  console.log(`  ${orphans.length === 0 ? 'no resource to delete' : `deleting ${orphans.join(', ')}`}`)
  for (const orphan of orphans) await account.remove(orphan)
}
