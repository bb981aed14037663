import { expect, it } from 'vitest'
import { findAllowed } from './proxy-allowlist.ts'

const NS = 'warm-pods'
const JOBS = `/apis/batch/v1/namespaces/${NS}/jobs`
const PODS = `/api/v1/namespaces/${NS}/pods`

it.each([
  ['GET', '/version'],
  ['GET', `${JOBS}?labelSelector=app`],
  ['POST', `${JOBS}?fieldValidation=Strict`],
  ['GET', `${JOBS}/warm-0-1-abcde`],
  ['PATCH', `${JOBS}/warm-0-1-abcde`],
  ['DELETE', `${JOBS}/warm-0-1-abcde`],
  ['GET', `${PODS}?watch=1`],
  ['DELETE', `${PODS}/warm-0-1-abcde-xyz`],
  ['PATCH', `${PODS}/warm-0-1-abcde-xyz`],
])('allows the functions’ request %s %s', (method, target) => {
  expect(findAllowed(method, target, NS)).toEqual({ onBehalfOf: 'functions' })
})

it('allows port forwarding to the gateway’s port on behalf of the user', () => {
  expect(findAllowed('GET', `${PODS}/gateway-1-a/portforward?ports=8080`, NS)).toEqual({ onBehalfOf: 'user' })
})

it.each([
  ['GET', '/api/v1/secrets'],
  ['GET', `/api/v1/namespaces/${NS}/secrets`],
  ['GET', '/api/v1/namespaces/kube-system/pods'],
  ['GET', `${PODS}/../secrets`],
  ['GET', `${PODS}/x/../../secrets`],
  ['GET', `${PODS}/x%2F..%2F..%2Fsecrets`],
  ['GET', `/${PODS}`],
  ['GET', `${PODS}/`],
  ['POST', PODS],
  ['DELETE', JOBS],
  ['DELETE', PODS],
  ['PUT', `${JOBS}/x`],
  ['POST', `${PODS}/x/exec`],
  ['GET', `${PODS}/x/log`],
  ['GET', `${PODS}/x/exec?command=id`],
  ['GET', `${PODS}/warm-0-1-a/portforward?ports=8080`],
  ['GET', `${PODS}/gateway-1-a/portforward?ports=22`],
  ['POST', `${PODS}/gateway-1-a/portforward?ports=8080`],
  ['POST', `/api/v1/namespaces/${NS}/serviceaccounts/default/token`],
  ['GET', ''],
])('allows no other request: %s %s', (method, target) => {
  expect(findAllowed(method, target, NS)).toBeUndefined()
})
