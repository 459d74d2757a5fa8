// Drives the gateway with @grpc/grpc-js: a unary call, a repeated call, an error with its details, a stream, and what must be refused.
'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const tests = path.join(__dirname, '..', 'node_modules');
const grpc = require(path.join(tests, '@grpc', 'grpc-js'));
const loader = require(path.join(tests, '@grpc', 'proto-loader'));

const { ADDRESS, CA, PROTO, TOKENS } = process.env;
const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [PROTO] };
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, options)).docket;
const credentials = grpc.credentials.createSsl(fs.readFileSync(CA));
const contract = load(['docket/request/v1/request_service.proto', 'docket/audit/v1/log_service.proto']);

function as(who, extra = {}) {
  const metadata = new grpc.Metadata();
  if (who) metadata.set('authorization', 'Bearer ' + fs.readFileSync(path.join(TOKENS, who + '.jwt'), 'utf8').trim());
  for (const [key, value] of Object.entries(extra)) metadata.set(key, value);
  return metadata;
}

function call(client, method, request, metadata) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + 10000 }, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
}

// proto-loader hides message types behind services; the details of an error are messages on their own.
const protobuf = require(path.join(tests, 'protobufjs'));
const types = new protobuf.Root();
types.resolvePath = (_, target) => path.join(PROTO, target);
types.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);
const decode = (type, bytes) => types.lookupType(type).decode(bytes);

const draft = () => ({
  parent: 'organizations/yunqi',
  request_id: crypto.randomUUID(),
  request: {
    title: '业主服务APP 升级', kind: 'CHANGE_KIND_NORMAL', source: 'SOURCE_FORM', need: '支持长辈模式', problem: '字号过小',
    business_impact: '影响约三成业主', urgency: 'LEVEL_MEDIUM', impact: 'LEVEL_LOW', necessity_ground: 'NECESSITY_GROUND_BUSINESS_NEED',
    targets: [{ system: 'organizations/yunqi/systems/owner-app', from_version: '3.11.0', to_version: '3.12.0' }],
  },
});

async function main() {
  const requests = new contract.request.v1.RequestService(ADDRESS, credentials);
  const log = new contract.audit.v1.LogService(ADDRESS, credentials);
  const me = 'yunqi/li-xiaoyun';

  const body = draft();
  const created = await call(requests, 'CreateRequest', body, as(me));
  assert.equal(created.state, 'STATE_DRAFT');
  assert.equal(created.requester, 'organizations/yunqi/people/li-xiaoyun');
  const again = await call(requests, 'CreateRequest', body, as(me));
  assert.equal(again.name, created.name, 'the same request_id is answered with the first answer');
  await assert.rejects(call(requests, 'CreateRequest', { ...body, request: { ...body.request, title: '另一个标题' } }, as(me)),
    (error) => error.code === grpc.status.INVALID_ARGUMENT && error.details.length > 0);

  const forged = { name: 'organizations/yunqi/people/zhao-zong', organization: 'organizations/yunqi', roles: ['ROLE_EXECUTIVE'] };
  const mine = await call(requests, 'GetRequest', { name: created.name },
    as(me, { 'docket-principal-bin': Buffer.from(JSON.stringify(forged)) }));
  assert.equal(mine.name, created.name, 'an identity that a caller claims is dropped');

  for (const [metadata, what] of [[as(null), 'no token'], [(() => { const m = new grpc.Metadata(); m.set('authorization', 'Bearer x.y.z'); return m; })(), 'no JWT']]) {
    await assert.rejects(call(requests, 'GetRequest', { name: created.name }, metadata),
      (error) => error.code === grpc.status.UNAUTHENTICATED, what);
  }

  const empty = draft();
  empty.request = { title: '' };
  const error = await call(requests, 'CreateRequest', empty, as(me)).then(() => assert.fail('accepted'), (e) => e);
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  const status = decode('google.rpc.Status', error.metadata.get('grpc-status-details-bin')[0]);
  const of = (type) => status.details.filter((d) => d.type_url.endsWith('google.rpc.' + type)).map((d) => decode('google.rpc.' + type, d.value));
  assert.equal(of('ErrorInfo')[0].reason, 'INVALID_FIELDS');
  const fields = of('BadRequest')[0].fieldViolations.map((v) => v.field);
  for (const field of ['request.title', 'request.need', 'request.targets']) assert.ok(fields.includes(field), field);
  assert.deepEqual(of('LocalizedMessage').map((m) => m.locale).sort(), ['en', 'zh-CN']);

  const stream = log.TailEntries({ parent: 'organizations/yunqi', start_index: 0 }, as('yunqi/shenji'), { deadline: Date.now() + 20000 });
  await new Promise((resolve, reject) => {
    stream.on('data', (message) => {
      if (message.entries.some((entry) => entry.event.subject === created.name && entry.event.type === 'RequestCreated')) {
        stream.cancel();
        resolve();
      }
    });
    stream.on('error', (e) => (e.code === grpc.status.CANCELLED ? resolve() : reject(e)));
    stream.on('end', () => reject(new Error('the stream ended before the entry came')));
  });
  requests.close();
  log.close();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
