/** How a Job heals: one test for each behaviour that was measured on a real cluster. */

import { expect, it } from 'vitest'
import { type Body, type Client, conditionOf, isReady, isRunning, READINESS, terminated } from './_client.ts'
import { contract } from './_contract.ts'

const isFinished = (job: Body): boolean =>
  ['Complete', 'Failed'].some((type) => conditionOf(job, type)?.status === 'True')
const types = (job: Body): string[] => job.status.conditions?.map(({ type }) => type) ?? []
const path = (client: Client, pod: Body): string => `${client.paths.pods}/${pod.metadata.name}`

/** Expects that the back-off was kept, with a tolerance for times in whole seconds. */
function expectBackOff(client: Client, elapsedMs: number, factor = 1): void {
  expect(elapsedMs).toBeGreaterThan(client.target.backOffMs * factor * 0.85)
}

async function replacement(client: Client, job: string, old: Body): Promise<Body> {
  return client.pod(job, 'a replacement', (pod) => pod.metadata.uid !== old.metadata.uid)
}

const hasEnded = (events: readonly { object: Body }[]): boolean =>
  events.some(({ object }) => terminated(object))
const waitingFor = ({ status }: Body): string | undefined =>
  status.containerStatuses?.[0]?.state.waiting?.reason

contract('healing a Job', { concurrent: true }, (open) => {
  it('creates one pod for a Job, binds it, runs it and marks it ready', async () => {
    const client = open()
    expect((await client.createJob('makes', { container: READINESS })).status).toBe(201)
    const pod = await client.pod('makes', 'ready', isReady)
    const { uid } = (await client.job('makes')).metadata
    expect(pod.metadata.name).toMatch(/^makes-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(pod.metadata.generateName).toBe('makes-')
    expect(pod.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking'])
    expect(pod.metadata.ownerReferences).toEqual([
      { apiVersion: 'batch/v1', kind: 'Job', name: 'makes', uid, controller: true, blockOwnerDeletion: true },
    ])
    expect(pod.metadata.labels).toMatchObject({
      'batch.kubernetes.io/job-name': 'makes',
      'batch.kubernetes.io/controller-uid': uid,
      'job-name': 'makes',
      'controller-uid': uid,
    })
    expect(pod.spec.nodeName).toBeTruthy()
    expect(pod.status.podIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    const job = await client.jobThat('makes', 'ready', ({ status }) => status.ready === 1)
    expect(job.status).toMatchObject({ active: 1, ready: 1, terminating: 0, uncountedTerminatedPods: {} })
    expect(job.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } })
    await client.removeJob('makes')
  })

  it('reports the conditions of a pod in the order of a kubelet, in whole seconds', async () => {
    const client = open()
    await client.createJob('conditions', { container: READINESS })
    const pod = await client.pod('conditions', 'ready', isReady)
    expect(pod.status.conditions?.map(({ type }) => type)).toEqual([
      'PodReadyToStartContainers',
      'Initialized',
      'Ready',
      'ContainersReady',
      'PodScheduled',
    ])
    for (const condition of pod.status.conditions ?? []) {
      expect(condition.lastTransitionTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(condition).toMatchObject({ status: 'True', lastProbeTime: null })
    }
    const [status] = pod.status.containerStatuses ?? []
    expect(status).toMatchObject({ name: 'echo', ready: true, started: true, restartCount: 0, lastState: {} })
    expect(status?.state.running?.startedAt).toMatch(/Z$/)
    await client.removeJob('conditions')
  })

  it('shows a pod pending, then creating, then running, then ready', async () => {
    const client = open()
    const query = '?watch=1&labelSelector=job-name%3Dsteps'
    const watching = client.watchUntil(client.paths.pods + query, (events) =>
      events.some(({ object }) => isReady(object)),
    )
    await client.createJob('steps', { container: READINESS })
    const steps = (await watching).map(({ type, object }) => {
      const { waiting, running } = object.status.containerStatuses?.[0]?.state ?? {}
      const container = waiting?.reason ?? (running ? 'running' : 'none')
      return `${type} ${object.status.phase} ${object.spec.nodeName ? 'bound' : 'unbound'} ${container} ${isReady(object) ? 'ready' : 'unready'}`
    })
    expect([...new Set(steps)]).toEqual([
      'ADDED Pending unbound none unready',
      'MODIFIED Pending bound none unready',
      'MODIFIED Pending bound ContainerCreating unready',
      'MODIFIED Running bound running unready',
      'MODIFIED Running bound running ready',
    ])
    await client.removeJob('steps')
  })

  it('counts a deleted pod as failed at once, and replaces it after the back-off', async () => {
    const client = open()
    await client.createJob('deleted', { env: { ON_SIGTERM: '143' } })
    const pod = await client.podLogging('deleted', 'listening')
    const { name, resourceVersion } = pod.metadata
    const query = `?watch=1&fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`
    const watching = client.watchUntil(client.paths.pods + query, (events) =>
      events.some(({ type }) => type === 'DELETED'),
    )
    const counting = client.watchJob('deleted', (events) =>
      events.some(({ object }) => object.status.failed === 1),
    )
    const from = performance.now()
    const answer = await client.call('DELETE', path(client, pod))
    expect(answer.status).toBe(200)
    expect(answer.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 5, generation: 2 })
    expect((await counting).at(-1)?.object.status.active).toBeUndefined()
    const last = (await watching).findLast(({ object }) => terminated(object))
    expect(last?.object.status.phase).toBe('Failed')
    expect(terminated(last?.object)).toMatchObject({ exitCode: 143, reason: 'Error' })
    expect(last && conditionOf(last.object, 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' })
    await replacement(client, 'deleted', pod)
    expectBackOff(client, performance.now() - from)
    await client.removeJob('deleted')
  })

  it('completes the Job without a replacement when podReplacementPolicy is Failed and the deleted pod exits 0', async () => {
    const client = open()
    await client.createJob('obeys', { env: { ON_SIGTERM: '0' }, spec: { podReplacementPolicy: 'Failed' } })
    const pod = await client.podLogging('obeys', 'listening')
    await client.call('DELETE', path(client, pod))
    const job = await client.jobThat('obeys', 'finished', isFinished)
    expect(types(job)).toEqual(['SuccessCriteriaMet', 'Complete'])
    expect(job.status).toMatchObject({ succeeded: 1 })
    expect(job.status.failed).toBeUndefined()
    await client.removeJob('obeys')
  })

  it('does not replace a terminating pod before it has ended when podReplacementPolicy is Failed', async () => {
    const client = open()
    await client.createJob('patient', {
      env: { ON_SIGTERM: 'ignore' },
      spec: { podReplacementPolicy: 'Failed' },
    })
    const pod = await client.podLogging('patient', 'listening')
    const watching = client.watchJob('patient', (events) =>
      events.some(({ object }) => object.status.failed === 1),
    )
    await client.call('DELETE', path(client, pod), { body: { gracePeriodSeconds: 2 } })
    const states = (await watching).map(
      ({ object: { status } }) => `${status.terminating} ${status.failed ?? 0}`,
    )
    expect(states).toContain('1 0')
    expect(states.at(-1)).toBe('0 1')
    await client.removeJob('patient')
  })

  it('replaces a pod whose process exits 1 after the back-off', async () => {
    const client = open()
    await client.createJob('crashes', { env: { EXIT_AFTER_MS: '100', EXIT_CODE: '1' } })
    const pod = await client.pod('crashes', 'failed', ({ status }) => status.phase === 'Failed')
    const from = Date.parse(terminated(pod)?.finishedAt ?? '')
    expect(terminated(pod)).toMatchObject({ exitCode: 1, reason: 'Error' })
    const next = await replacement(client, 'crashes', pod)
    // Both times are from the cluster's clock, in whole seconds.
    expect(Date.parse(next.metadata.creationTimestamp) - from).toBeGreaterThanOrEqual(
      client.target.backOffMs - 1000,
    )
    const job = await client.job('crashes')
    expect(job.status.failed).toBeGreaterThanOrEqual(1)
    await client.removeJob('crashes')
  })

  it('waits twice as long after the second failure', async () => {
    const client = open()
    const query = '?watch=1&labelSelector=job-name%3Dtwice'
    const made = (events: readonly { type: string }[]) => events.filter(({ type }) => type === 'ADDED')
    const watching = client.watchUntil(client.paths.pods + query, (events) => made(events).length === 3)
    await client.createJob('twice', { env: { EXIT_AFTER_MS: '1' } })
    const added = (await watching).filter(({ type }) => type === 'ADDED')
    const [first = 0, second = 0, third = 0] = added.map(({ at }) => at)
    expectBackOff(client, second - first)
    expectBackOff(client, third - second, 2)
    await client.removeJob('twice')
  })

  it('does not count a failure that podFailurePolicy ignores, but waits for the back-off', async () => {
    const client = open()
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }]
    const from = performance.now()
    await client.createJob('ignored', {
      env: { EXIT_AFTER_MS: '50' },
      spec: { podFailurePolicy: { rules }, backoffLimit: 0 },
    })
    const pod = await client.pod('ignored', 'made', () => true)
    await replacement(client, 'ignored', pod)
    expectBackOff(client, performance.now() - from)
    const job = await client.job('ignored')
    expect(job.status.failed).toBeUndefined()
    expect(isFinished(job)).toBe(false)
    await client.removeJob('ignored')
  })

  it('fails the Job at once when podFailurePolicy says so', async () => {
    const client = open()
    const rules = [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }]
    await client.createJob('doomed', {
      env: { EXIT_AFTER_MS: '50', EXIT_CODE: '42' },
      spec: { podFailurePolicy: { rules } },
    })
    const job = await client.jobThat('doomed', 'finished', isFinished)
    expect(types(job)).toEqual(['FailureTarget', 'Failed'])
    const { reason, message } = conditionOf(job, 'Failed') ?? {}
    expect(reason).toBe('PodFailurePolicy')
    expect(message).toMatch(
      /^Container echo for pod \S+\/doomed-\w{5} failed with exit code 42 matching FailJob rule at index 0$/,
    )
    await client.removeJob('doomed')
  })

  it('completes the Job when its process exits 0: first SuccessCriteriaMet, then Complete', async () => {
    const client = open()
    const query = '?watch=1&fieldSelector=metadata.name%3Dexits'
    const watching = client.watchUntil(client.paths.jobs + query, (events) =>
      events.some(({ object }) => isFinished(object)),
    )
    await client.createJob('exits', { env: { EXIT_AFTER_MS: '50', EXIT_CODE: '0' } })
    const states = (await watching).map(({ object }) => types(object).join())
    expect([...new Set(states)]).toEqual(['', 'SuccessCriteriaMet', 'SuccessCriteriaMet,Complete'])
    const job = await client.job('exits')
    expect(job.status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
    expect(job.status.completionTime).toMatch(/Z$/)
    expect(conditionOf(job, 'Complete')).toMatchObject({
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    })
    const [pod, ...others] = await client.podsOf('exits')
    expect(others).toEqual([])
    expect(pod?.status.phase).toBe('Succeeded')
    expect(terminated(pod)).toMatchObject({ exitCode: 0, reason: 'Completed' })
    expect(pod?.metadata.finalizers).toBeUndefined()
    const events = await client.until('the event of the completion', async () => {
      const found = await client.eventsAbout('exits')
      return found.some(({ reason }) => reason === 'Completed') ? found : undefined
    })
    expect(events.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['SuccessfulCreate', 'Completed']),
    )
    await client.removeJob('exits')
  })

  it('fails the Job with BackoffLimitExceeded at the first failure when backoffLimit is 0', async () => {
    const client = open()
    await client.createJob('limited', { env: { EXIT_AFTER_MS: '50' }, spec: { backoffLimit: 0 } })
    const job = await client.jobThat('limited', 'finished', isFinished)
    expect(types(job)).toEqual(['FailureTarget', 'Failed'])
    expect(conditionOf(job, 'Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    })
    expect(job.status).toMatchObject({ failed: 1 })
    expect(job.status.active).toBeUndefined()
    const events = await client.until('the event of the failure', async () => {
      const found = await client.eventsAbout('limited')
      return found.some(({ reason }) => reason === 'BackoffLimitExceeded') ? found : undefined
    })
    expect(events.find(({ reason }) => reason === 'BackoffLimitExceeded')).toMatchObject({ type: 'Warning' })
    await client.removeJob('limited')
  })

  it('restarts in place with OnFailure: the same pod, the same address, then CrashLoopBackOff', async () => {
    const client = open()
    const isLooping = (pod: Body): boolean => waitingFor(pod) === 'CrashLoopBackOff'
    const watching = client.watchPodsOf('inplace', (events) => events.some(({ object }) => isLooping(object)))
    await client.createJob('inplace', { env: { EXIT_AFTER_MS: '300' }, pod: { restartPolicy: 'OnFailure' } })
    const events = (await watching).map(({ object }) => object)
    const first = events.find(isRunning)
    const looping = events.find(isLooping)
    if (!first || !looping) throw new Error('Expected a pod that ran and then looped')
    expect(looping.metadata.uid).toBe(first.metadata.uid)
    expect(looping.status.podIP).toBe(first.status.podIP)
    expect(looping.status.phase).toBe('Running')
    const [status] = looping.status.containerStatuses ?? []
    expect(status?.restartCount).toBe(1)
    expect(status?.lastState.terminated).toMatchObject({ exitCode: 1 })
    expect(status?.state.waiting?.message).toMatch(
      /^back-off \S+ restarting failed container=echo pod=inplace-\w{5}_/,
    )
    const event = await client.eventThat(
      first.metadata.name,
      'of the back-off',
      ({ reason }) => reason === 'BackOff',
    )
    expect(event.message).toMatch(/^Back-off restarting failed container echo in pod /)
    await client.removeJob('inplace')
  })

  it('kills a frozen pod after its grace period: exit code 137', async () => {
    const client = open()
    await client.createJob('frozen', {
      env: { FREEZE_AFTER_MS: '300' },
      container: READINESS,
      pod: { terminationGracePeriodSeconds: 3 },
    })
    const pod = await client.podLogging('frozen', 'freezing')
    const watching = client.watchPodsOf('frozen', hasEnded)
    const from = performance.now()
    await client.call('DELETE', path(client, pod))
    const last = (await watching).at(-1)
    expect(terminated(last?.object)).toMatchObject({ exitCode: 137, reason: 'Error' })
    expect(last?.object.status.phase).toBe('Failed')
    expect((last?.at ?? 0) - from).toBeGreaterThan(2900)
    await client.removeJob('frozen')
  })

  it('kills a frozen pod earlier when the deletion has a shorter grace period, but not before two seconds', async () => {
    const client = open()
    await client.createJob('shorter', {
      env: { FREEZE_AFTER_MS: '300' },
      pod: { terminationGracePeriodSeconds: 300 },
    })
    const pod = await client.podLogging('shorter', 'freezing')
    const watching = client.watchPodsOf('shorter', hasEnded)
    const from = performance.now()
    await client.call('DELETE', path(client, pod), { body: { gracePeriodSeconds: 1 } })
    const last = (await watching).at(-1)
    expect(terminated(last?.object)).toMatchObject({ exitCode: 137 })
    expect((last?.at ?? 0) - from).toBeGreaterThan(1900)
    await client.removeJob('shorter')
  })

  it('detects a frozen pod by its liveness probe: first unready, then killed', async () => {
    const client = open()
    const probe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, timeoutSeconds: 1 }
    const watching = client.watchPodsOf('lively', hasEnded)
    await client.createJob('lively', {
      env: { FREEZE_AFTER_PROBES: '4' },
      pod: { terminationGracePeriodSeconds: 2 },
      container: {
        // The liveness probe must not begin before the process has started.
        startupProbe: { ...probe, failureThreshold: 100 },
        readinessProbe: { ...probe, failureThreshold: 1 },
        livenessProbe: { ...probe, failureThreshold: 3 },
      },
    })
    const events = await watching
    const ready = events.findIndex(({ object }) => isReady(object))
    const unready = events.findIndex(({ object }, index) => index > ready && !isReady(object))
    const killed = events.findIndex(({ object }) => terminated(object))
    expect(ready).toBeGreaterThan(0)
    expect(unready).toBeGreaterThan(ready)
    expect(killed).toBeGreaterThan(unready)
    expect(terminated(events[killed]?.object)).toMatchObject({ exitCode: 137 })
    const name = events[0]?.object.metadata.name ?? ''
    for (const wanted of [
      /^Liveness probe failed: Get "http:.*context deadline exceeded/,
      /^Stopping container echo$/,
    ])
      await client.eventThat(name, String(wanted), ({ message }) => wanted.test(message))
    await client.removeJob('lively')
  })

  it('removes a pod from the API at once when it is deleted with grace period 0', async () => {
    const client = open()
    await client.createJob('forced', { env: { ON_SIGTERM: 'ignore' } })
    const pod = await client.podLogging('forced', 'listening')
    const { name, resourceVersion } = pod.metadata
    const query = `?watch=1&fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`
    const watching = client.watchUntil(client.paths.pods + query, (events) =>
      events.some(({ type }) => type === 'DELETED'),
    )
    await client.call('DELETE', path(client, pod), { body: { gracePeriodSeconds: 0 } })
    const last = (await watching).at(-1)
    // It was still running when it was removed: the API did not wait for its end.
    expect(terminated(last?.object)).toBeUndefined()
    const job = await client.jobThat('forced', 'failed once', ({ status }) => status.failed === 1)
    expect(job.status.failed).toBe(1)
    await client.removeJob('forced')
  })

  it('replaces the pod of a suspended Job on resume at once, without counting a failure', async () => {
    const client = open()
    await client.createJob('pausing')
    const pod = await client.pod('pausing', 'running', isRunning)
    const patch = (suspend: boolean) =>
      client.call('PATCH', `${client.paths.jobs}/pausing`, {
        body: { spec: { suspend } },
        type: 'application/merge-patch+json',
      })
    expect((await patch(true)).body.metadata.generation).toBe(2)
    const paused = await client.jobThat(
      'pausing',
      'suspended',
      (job) => conditionOf(job, 'Suspended')?.status === 'True',
    )
    expect(conditionOf(paused, 'Suspended')).toMatchObject({
      reason: 'JobSuspended',
      message: 'Job suspended',
    })
    expect(paused.status.active).toBeUndefined()
    await patch(false)
    await replacement(client, 'pausing', pod)
    const resumed = await client.jobThat('pausing', 'active again', ({ status }) => status.active === 1)
    expect(conditionOf(resumed, 'Suspended')).toMatchObject({ status: 'False', reason: 'JobResumed' })
    expect(resumed.status.failed).toBeUndefined()
    for (const wanted of ['Suspended', 'Resumed', 'SuccessfulDelete'])
      await client.eventThat('pausing', wanted, ({ reason }) => reason === wanted)
    await client.removeJob('pausing')
  })

  it('fails a Job that is active longer than activeDeadlineSeconds: DeadlineExceeded', async () => {
    const client = open()
    await client.createJob('deadline', { spec: { activeDeadlineSeconds: 1 } })
    const job = await client.jobThat('deadline', 'finished', isFinished)
    expect(conditionOf(job, 'Failed')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    })
    expect(job.status.active).toBeUndefined()
    await client.removeJob('deadline')
  })

  it('removes a finished Job and its pod after ttlSecondsAfterFinished', async () => {
    const client = open()
    await client.createJob('expiring', {
      env: { EXIT_AFTER_MS: '50', EXIT_CODE: '0' },
      spec: { ttlSecondsAfterFinished: 1 },
    })
    await client.jobThat('expiring', 'finished', isFinished)
    await client.until('the Job and its pod to be removed', async () => {
      const { status } = await client.call('GET', `${client.paths.jobs}/expiring`)
      return status === 404 && (await client.podsOf('expiring')).length === 0 ? true : undefined
    })
  })

  it('waits with ErrImagePull and ImagePullBackOff for a missing image', async () => {
    const client = open()
    const watching = client.watchPodsOf('imageless', (events) =>
      events.some(({ object }) => waitingFor(object) === 'ImagePullBackOff'),
    )
    await client.createJob('imageless', {
      container: { image: 'registry.invalid/none:1', imagePullPolicy: 'IfNotPresent' },
    })
    const seen = (await watching).map(({ object }) => object)
    expect(seen.map(waitingFor)).toContain('ErrImagePull')
    const pod = seen.at(-1)
    expect(pod?.status.phase).toBe('Pending')
    for (const wanted of [
      'Error: ErrImagePull',
      'Error: ImagePullBackOff',
      'Pulling image "registry.invalid/none:1"',
    ])
      await client.eventThat(pod?.metadata.name ?? '', wanted, ({ message }) => message === wanted)
    await client.removeJob('imageless')
  })

  it('records the events of a pod', async () => {
    const client = open()
    await client.createJob('events', { container: READINESS, env: { READY_AFTER_MS: '1500' } })
    const pod = await client.pod('events', 'ready', isReady)
    await client.call('DELETE', path(client, pod))
    const events = await client.until('the event of the end', async () => {
      const found = await client.eventsAbout(pod.metadata.name)
      return found.some(({ reason }) => reason === 'Killing') ? found : undefined
    })
    const reasons = events.map(({ reason }) => reason)
    expect(reasons).toEqual(
      expect.arrayContaining(['Scheduled', 'Pulled', 'Created', 'Started', 'Unhealthy', 'Killing']),
    )
    const unhealthy = events.filter(({ reason }) => reason === 'Unhealthy').map(({ message }) => message)
    expect(unhealthy).toContain('Readiness probe failed: HTTP probe failed with statuscode: 503')
    expect(events.find(({ reason }) => reason === 'Killing')).toMatchObject({
      type: 'Normal',
      message: 'Stopping container echo',
      count: 1,
      source: { component: 'kubelet' },
      involvedObject: { kind: 'Pod', uid: pod.metadata.uid, fieldPath: 'spec.containers{echo}' },
    })
    await client.removeJob('events')
  })

  it('gives the container the variables of its manifest, with values from the pod’s fields', async () => {
    const client = open()
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    await client.createJob('environment', {
      labels: { pool: 'warm' },
      container: {
        env: [
          field('NAME', 'metadata.name'),
          field('UID', 'metadata.uid'),
          field('NAMESPACE', 'metadata.namespace'),
          field('HOST', 'status.podIP'),
          field('NODE', 'spec.nodeName'),
          field('POOL', "metadata.labels['pool']"),
          { name: 'PRINT_ENV', value: '1' },
          { name: 'GREETING', value: 'hello $(NAME) $$(NAME) $(UNDEFINED)' },
        ],
      },
    })
    const pod = await client.pod('environment', 'running', isRunning)
    const env = await client.until('its log', async () => {
      const { text } = await client.call('GET', `${path(client, pod)}/log`)
      return text.startsWith('{') ? JSON.parse(text.split('\n')[0] ?? '') : undefined
    })
    const { name, uid, namespace } = pod.metadata
    expect(env).toMatchObject({
      NAME: name,
      UID: uid,
      NAMESPACE: namespace,
      HOST: pod.status.podIP,
      NODE: pod.spec.nodeName,
    })
    expect(env).toMatchObject({
      POOL: 'warm',
      HOSTNAME: name,
      GREETING: `hello ${name} $(NAME) $(UNDEFINED)`,
    })
    expect(env).not.toHaveProperty('VITEST')
    await client.removeJob('environment')
  })
})
