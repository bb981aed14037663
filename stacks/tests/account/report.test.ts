import { describe, expect, it } from 'vitest'
import { added, existingTables, leftoverProblems, orphansOf, stateResources, table, tally } from './report.ts'

describe('table of steps', () => {
  it('has a row for each step and their sum, and marks a failed step', () => {
    const results = [
      { title: 'deploy', tookMs: 20_400, calls: 90, passed: true },
      { title: 'diff', tookMs: 9_600, calls: 10, passed: false },
    ]
    expect(table(results).split('\n').slice(2)).toEqual([
      '| deploy | 20 | 90 |',
      '| **failed:** diff | 10 | 10 |',
      '| 2 steps | 30 | 100 |',
    ])
  })
})

describe('tally of calls', () => {
  it('counts checked calls and operations, and lists those that were refused or not checked', () => {
    const log = [
      '{"call": "iam.CreateRole", "status": 200, "checked": true}',
      '{"call": "iam.CreateRole", "checked": true, "refused": ["RoleName has 70 characters"]}',
      '{"call": "s3", "checked": false, "unchecked": "LookupError", "status": 200}',
    ].join('\n')
    expect(tally(`${log}\n`)).toEqual({
      ...{ logged: 3, checked: 2, operations: 1, unchecked: ['s3'] },
      refused: ['iam.CreateRole: RoleName has 70 characters'],
    })
  })

  it('takes a call without the field as checked', () => {
    expect(tally('{"call": "eks.CreateCluster", "status": 200}').checked).toBe(1)
  })

  it('is empty for an empty log', () => {
    expect(tally('')).toMatchObject({ logged: 0, checked: 0 })
  })
})

describe('leftovers', () => {
  it('are the resources that the account lacked before', () => {
    expect(added(['s3 mine'], ['s3 mine', 's3 sst-state-abc'])).toEqual(['s3 sst-state-abc'])
  })

  it('match a documented name, or the start of one', () => {
    expect(
      leftoverProblems(['s3 sst-state-abc', 'ecr sst-asset'], ['s3 sst-state-*', 'ecr sst-asset']),
    ).toEqual([])
  })

  it('are a problem when they are not documented, and when a documented one is gone', () => {
    expect(leftoverProblems(['ec2 vpc-1'], ['ecr sst-asset'])).toEqual([
      'Left, but not documented: ec2 vpc-1.',
      'Documented as left, but gone: ecr sst-asset.',
    ])
  })
})

describe('a deploy that was cut off', () => {
  it('names each table that exists once', () => {
    const message = 'Table already exists: warm-pods-ada-pool\nTable already exists: warm-pods-ada-pool\n'
    expect(existingTables(message)).toEqual(['warm-pods-ada-pool'])
  })

  it('leaves pending operations in the state, which are no resources', () => {
    const state = {
      latest: { resources: [{ id: 'one' }], pending_operations: [{ resource: { id: 'two' } }] },
    }
    expect(stateResources(`SST ready\n${JSON.stringify(state)}\n`)).toBe('[{"id":"one"}]')
  })

  it('leaves the resources of the stage that the state lacks', () => {
    const inventory = [
      'logs /aws/lambda/warm-pods-ada-Api-one',
      'logs /aws/lambda/warm-pods-ada-Api-two',
      'logs /aws/lambda/warm-pods-eve-Api-one',
      'tagged arn:aws:logs:::/aws/lambda/warm-pods-ada-Api-one',
    ]
    expect(orphansOf(inventory, 'ada', '"/aws/lambda/warm-pods-ada-Api-two"')).toEqual([
      'logs /aws/lambda/warm-pods-ada-Api-one',
    ])
  })
})
