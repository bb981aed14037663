/** Forms: the second encoding of a request, which a browser sends to another origin without a CORS preflight. */
import { ApiError } from '@warm-pods/core/api/errors.ts'
import { FORM_PATH, FORM_TYPE, isFormOperation, routeOfForm } from '@warm-pods/core/api/form.ts'
import { ROUTES } from '@warm-pods/core/api/routes.ts'
import { isSecret } from '@warm-pods/core/identity/secret.ts'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { bodyTextOf, fieldsOf, shorten, typeOf } from './request.ts'

/**
 * Returns the request that a form stands for; any other event as it is.
 *
 * A form needs no preflight, so any website can make a browser send one. Only the page's own origin is accepted, which every
 * browser sends in the Origin header of a POST (WHATWG Fetch section 3.1).
 * @throws ApiError foreign_origin, body_too_large, bad_body, bad_secret.
 */
export function expandForm(
  event: APIGatewayProxyEventV2,
  siteOrigin: string,
  maxBytes: number,
): APIGatewayProxyEventV2 {
  const { http } = event.requestContext
  const isForm = http.method === 'POST' && event.rawPath === FORM_PATH && typeOf(event) === FORM_TYPE
  // A request has its secret in one place (RFC 6750 section 2). With the header its body is JSON.
  if (!isForm || event.headers['authorization'] !== undefined) return event
  checkOrigin(event, siteOrigin)
  const {
    access_token,
    operation = 'claim',
    id,
    body,
    ...query
  } = fieldsOf(bodyTextOf(event, maxBytes), 'bad_body')
  if (access_token === undefined || !isSecret(access_token))
    throw new ApiError('bad_secret', {
      field: 'access_token',
      expected: '43 characters of base64url',
      received: access_token === undefined ? 'nothing' : `${access_token.length} characters`,
    })
  if (!isFormOperation(operation))
    throw badField('operation', 'an operation that needs the secret', shorten(operation))
  if (ROUTES[operation].path.includes('{id}') !== (id !== undefined))
    throw badField('id', id === undefined ? 'the session’s id' : 'no such field', shorten(id ?? 'nothing'))
  const { method, path } = routeOfForm({ operation, id })
  const { 'content-type': _type, ...headers } = event.headers
  const { body: _form, ...rest } = event
  return {
    ...rest,
    rawPath: path,
    rawQueryString: String(new URLSearchParams(query)),
    headers: {
      ...headers,
      authorization: `Bearer ${access_token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body }),
    requestContext: { ...event.requestContext, http: { ...http, method } },
  }
}

/** A page that the API's own host serves, such as that of `npm start`, is of the site too. @throws ApiError foreign_origin. */
function checkOrigin({ headers }: APIGatewayProxyEventV2, siteOrigin: string): void {
  const { origin, host } = headers
  if (origin === siteOrigin || (URL.canParse(origin ?? '') && new URL(origin ?? '').host === host)) return
  throw new ApiError('foreign_origin', {
    field: 'origin',
    expected: siteOrigin,
    received: shorten(origin ?? 'nothing'),
  })
}

function badField(field: string, expected: string, received: string): ApiError {
  return new ApiError('bad_body', { field, expected, received })
}
