"""The AWS account of `npm run test:aws`: moto's server with three additions.

patches.py changes moto where it differs from AWS and a deploy of stacks/ would notice.
eks.py answers the EKS calls that moto lacks.
api_calls.py checks each call against AWS' API model, and logs it.

Usage: server.py PORT LOG. PORT is on 127.0.0.1. LOG gets one JSON object per line for each call.
"""

import os
import sys

# The stacks attach managed policies, and moto has them only on request.
os.environ['MOTO_IAM_LOAD_MANAGED_POLICIES'] = 'true'
# patches.py decides when a certificate is issued. moto would issue each one after a minute.
os.environ['MOTO_ACM_VALIDATION_WAIT'] = str(365 * 24 * 3600)

import moto.server
import patches
from api_calls import ApiCalls
from eks import Eks

port, log = sys.argv[1:]
patches.apply()
serve = moto.server.run_simple


def serve_layers(host, port, app, **options):
    serve(host, port, ApiCalls(patches.LastChange(Eks(app)), log), **options)


moto.server.run_simple = serve_layers
moto.server.main(['--host', '127.0.0.1', '--port', port])
