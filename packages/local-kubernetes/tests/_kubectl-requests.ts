/**
 * Requests of kubectl 1.36.3 whose bodies are protobuf, as it sent them to this engine. `body` is base64. Go encodes a field
 * even when it has its zero value.
 */
export const KUBECTL_REQUESTS = [
  {
    command: 'create ns demo',
    method: 'POST',
    path: '/api/v1/namespaces?fieldManager=kubectl-create&fieldValidation=Strict',
    body: 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEZGVtbxIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==',
  },
  {
    command: 'create quota q --hard=pods=4,requests.cpu=2,count/jobs.batch=10',
    method: 'POST',
    path: '/api/v1/namespaces/demo/resourcequotas?fieldManager=kubectl-create&fieldValidation=Strict',
    body: 'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRJXChUKAXESABoEZGVtbyIAKgAyADgAQgASPAoYChBjb3VudC9qb2JzLmJhdGNoEgQKAjEwCgsKBHBvZHMSAwoBNAoTCgxyZXF1ZXN0cy5jcHUSAwoBMhoAGgAiAA==',
  },
  {
    command: 'create job hello --image=docker.io/warm-pods/pod:dev -- node server.js',
    method: 'POST',
    path: '/apis/batch/v1/namespaces/demo/jobs?fieldManager=kubectl-create&fieldValidation=Strict',
    body: 'azhzAAoPCghiYXRjaC92MRIDSm9iEqsBChkKBWhlbGxvEgAaBGRlbW8iACoAMgA4AEIAEoMBMoABChAKABIAGgAiACoAMgA4AEIAEmwSSQoFaGVsbG8SG2RvY2tlci5pby93YXJtLXBvZHMvcG9kOmRldhoEbm9kZRoJc2VydmVyLmpzKgBCAGoAcgCAAQCIAQCQAQCiAQAaBU5ldmVyMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAaCCAAKAAwADoAGgAiAA==',
  },
  {
    command: 'auth can-i create jobs -n demo',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: 'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSQQoQCgASABoAIgAqADIAOABCABIjCiEKBGRlbW8SBmNyZWF0ZRoFYmF0Y2giACoEam9iczIAOgAaCAgAEgAaACAAGgAiAA==',
  },
  {
    command: 'auth can-i get /healthz',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: 'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSLwoQCgASABoAIgAqADIAOABCABIREg8KCC9oZWFsdGh6EgNnZXQaCAgAEgAaACAAGgAiAA==',
  },
  {
    command: 'auth can-i --list -n demo',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: 'azhzAAoxChdhdXRob3JpemF0aW9uLms4cy5pby92MRIWU2VsZlN1YmplY3RSdWxlc1JldmlldxIgChAKABIAGgAiACoAMgA4AEIAEgYKBGRlbW8aBBgAIgAaACIA',
  },
  {
    command: 'auth whoami',
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: 'azhzAAotChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESEVNlbGZTdWJqZWN0UmV2aWV3EhoKEAoAEgAaACIAKgAyADgAQgASBgoECgASABoAIgA=',
  },
  {
    command: 'drain node-1 --disable-eviction --force --grace-period=1',
    method: 'DELETE',
    path: '/api/v1/namespaces/demo/pods/solo2',
    body: 'azhzAAoTCgJ2MRINRGVsZXRlT3B0aW9ucxICCAEaACIA',
  },
  {
    command: 'debug node/node-1 --image=busybox',
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    body: 'azhzAAoJCgJ2MRIDUG9kEoYCClkKGm5vZGUtZGVidWdnZXItbm9kZS0xLWo3emM4EgAaACIAKgAyADgAQgBaLQocYXBwLmt1YmVybmV0ZXMuaW8vbWFuYWdlZC1ieRINa3ViZWN0bC1kZWJ1ZxKTAQoSCglob3N0LXJvb3QSBQoDCgEvEkUKCGRlYnVnZ2VyEgdidXN5Ym94KgBCAEoYCglob3N0LXJvb3QQABoFL2hvc3QiADIAagByAIABAIgBAJABAKIBBEZpbGUaBU5ldmVyMgBCAEoAUgZub2RlLTFYAWABaAGCAQCKAQCaAQCyAQ4KABIGRXhpc3RzGgAiAMIBABoTCgAaACIAKgAyAEoAWgByAIgBABoAIgA=',
  },
] as const
