/** Credentials of the owner and of the functions' roles, issued by the emulated IAM and STS. */
import { type Credentials, type Emulator, textOf } from './emulator.ts'

const IAM = '2010-05-08'
const STS = '2011-06-15'
const OWNER = 'warm-pods-rehearsal'

export interface Owner {
  readonly arn: string
  readonly credentials: Credentials
}

/** Creates an administrator of the account, who deploys. A repeated call replaces the user's access key. */
export async function createOwner(emulator: Emulator): Promise<Owner> {
  const iam = (Action: string, more: Record<string, string> = {}) =>
    emulator.query('iam', IAM, { Action, UserName: OWNER, ...more })
  await iam('CreateUser').catch(ignoreExisting)
  await iam('AttachUserPolicy', { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
  const keys = [...(await iam('ListAccessKeys')).matchAll(/<AccessKeyId>([^<]*)</g)]
  for (const [, AccessKeyId = ''] of keys) await iam('DeleteAccessKey', { AccessKeyId })
  const created = await iam('CreateAccessKey')
  return {
    arn: textOf(await iam('GetUser'), 'Arn'),
    credentials: {
      accessKeyId: textOf(created, 'AccessKeyId'),
      secretAccessKey: textOf(created, 'SecretAccessKey'),
    },
  }
}

function ignoreExisting(error: unknown): void {
  if (!String(error).includes('EntityAlreadyExists')) throw error
}

/** @returns credentials of a role for an hour, as the Lambda service gets them for a function. */
export async function assumeRole(emulator: Emulator, roleArn: string, session: string): Promise<Credentials> {
  const assumed = await emulator.query('sts', STS, {
    Action: 'AssumeRole',
    RoleArn: roleArn,
    RoleSessionName: session,
  })
  return {
    accessKeyId: textOf(assumed, 'AccessKeyId'),
    secretAccessKey: textOf(assumed, 'SecretAccessKey'),
    sessionToken: textOf(assumed, 'SessionToken'),
  }
}

/** @returns the environment variables of credentials. */
export function credentialVariables(credentials: Credentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken ? { AWS_SESSION_TOKEN: credentials.sessionToken } : {}),
  }
}
