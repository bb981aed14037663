import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { expect, it } from 'vitest'
import { promtoolTests } from './alert-cases.ts'
import { ruleFile } from './prometheus-rules.ts'

const NO_PROMTOOL =
  'There is no promtool on the PATH, so the alerts were not tested. Debian has it in the package prometheus.'

it('fires and stays silent as its cases say, for each alert (promtool)', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'warm-pods-rules-'))
  try {
    writeFileSync(join(folder, 'rules.yaml'), dump(ruleFile()))
    writeFileSync(join(folder, 'tests.yaml'), dump(promtoolTests('rules.yaml')))
    const { error, status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (error) return context.skip(NO_PROMTOOL)
    expect(`${stdout}${stderr}`).toContain('SUCCESS')
    expect(status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
