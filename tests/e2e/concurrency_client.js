// Sixty-four clients, each on a connection of its own, against one gateway. Prints a line of JSON for each thing that is done.
//
//   node concurrency_client.js hammer ROUNDS    all clients at one request: the same step, conflicting steps, one request_id
//   node concurrency_client.js load REQUESTS    each client creates and submits so many requests, and goes on whatever happens
'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const tests = path.join(__dirname, '..', 'node_modules');
const grpc = require(path.join(tests, '@grpc', 'grpc-js'));
const loader = require(path.join(tests, '@grpc', 'proto-loader'));
const protobuf = require(path.join(tests, 'protobufjs'));

const { ADDRESS, CA, PROTO, TOKENS } = process.env;
const CLIENTS = 64;
const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [PROTO] };
const contract = grpc.loadPackageDefinition(loader.loadSync('docket/request/v1/request_service.proto', options)).docket;
const credentials = grpc.credentials.createSsl(fs.readFileSync(CA));
const types = new protobuf.Root();
types.resolvePath = (_, target) => path.join(PROTO, target);
types.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const clients = [];
for (let i = 0; i < CLIENTS; ++i) {
  clients.push(new contract.request.v1.RequestService(ADDRESS, credentials, { 'grpc.use_local_subchannel_pool': 1 }));
}
const tokens = {};
function as(who) {
  tokens[who] ??= fs.readFileSync(path.join(TOKENS, who + '.jwt'), 'utf8').trim();
  const metadata = new grpc.Metadata();
  metadata.set('authorization', 'Bearer ' + tokens[who]);
  return metadata;
}

function reasonOf(error) {
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  if (!details) return '';
  const status = types.lookupType('google.rpc.Status').decode(details);
  const info = status.details.find((d) => d.type_url.endsWith('google.rpc.ErrorInfo'));
  return info ? types.lookupType('google.rpc.ErrorInfo').decode(info.value).reason : '';
}

// One call: {ok, reply} or {ok: false, code, reason}.
function once(client, who, method, request) {
  return new Promise((resolve) => {
    client[method](request, as(who), { deadline: Date.now() + 20000 }, (error, reply) =>
      resolve(error ? { ok: false, code: grpc.status[error.code], reason: reasonOf(error), text: error.details } : { ok: true, reply }));
  });
}

// The same call until it has an answer of its own: what may have been lost is repeated under its request_id.
const PASSING = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED'];
async function call(client, who, method, request) {
  const body = { request_id: crypto.randomUUID(), ...request };
  for (let attempt = 0; ; ++attempt) {
    const answer = await once(client, who, method, body);
    const passing = !answer.ok && (PASSING.includes(answer.code) || (answer.code === 'ABORTED' && answer.reason === 'CONCURRENT_CHANGE'));
    if (!passing || attempt === 200) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
  }
}

const AUTHOR = 'yunqi/li-xiaoyun';
const HEAD = 'yunqi/wang-zhuren';
const draft = (title) => ({
  parent: 'organizations/yunqi',
  request: {
    title, kind: 'CHANGE_KIND_NORMAL', source: 'SOURCE_FORM', need: '支持长辈模式', problem: '字号过小',
    business_impact: '影响约三成业主', urgency: 'LEVEL_MEDIUM', impact: 'LEVEL_LOW', necessity_ground: 'NECESSITY_GROUND_BUSINESS_NEED',
    targets: [{ system: 'organizations/yunqi/systems/owner-app', from_version: '3.11.0', to_version: '3.12.0' }],
  },
});
const say = (line) => console.log(JSON.stringify(line));
const all = (make) => Promise.all(clients.map(make));
async function must(client, who, method, request) {
  const answer = await call(client, who, method, request);
  assert.ok(answer.ok, `${method}: ${answer.code} ${answer.reason} ${answer.text}`);
  return answer.reply;
}
// How often each outcome came.
function tally(answers) {
  const counts = {};
  for (const answer of answers) {
    const key = answer.ok ? 'OK' : `${answer.code} ${answer.reason}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

async function hammer(rounds) {
  for (let round = 0; round < rounds; ++round) {
    const made = await must(clients[0], AUTHOR, 'CreateRequest', draft(`并发测试 ${round}`));
    const name = made.name;

    // The same step by everyone, each call its own: one goes through.
    const submits = await all((client) => call(client, AUTHOR, 'SubmitRequest', { name, etag: made.etag }));
    say({ what: 'submit', name, ...tally(submits) });
    const { etag } = submits.find((answer) => answer.ok).reply;

    // The same call by everyone, under one request_id: all get the one answer.
    const body = { name, etag, reason: '字段不全，请补充', request_id: crypto.randomUUID() };
    const returns = await all((client) => call(client, HEAD, 'ReturnRequest', body));
    const distinct = new Set(returns.filter((answer) => answer.ok).map((answer) => JSON.stringify(answer.reply)));
    say({ what: 'one request_id', name, ...tally(returns), distinct: distinct.size });
    const again = await must(clients[0], AUTHOR, 'SubmitRequest', { name });

    // Steps that exclude each other, a quarter of them on what was true before.
    const conflicting = await all((client, i) => {
      const seen = i % 4 === 3 ? etag : again.etag;
      if (i % 3 === 0) return call(client, AUTHOR, 'WithdrawRequest', { name, etag: seen, reason: '不再需要' });
      if (i % 3 === 1) return call(client, HEAD, 'EndorseRequest', { name, etag: seen });
      return call(client, HEAD, 'ReturnRequest', { name, etag: seen, reason: '请补充' });
    });
    const winner = conflicting.find((answer) => answer.ok);
    say({ what: 'conflicting', name, ...tally(conflicting), state: winner?.reply.state });

    // One request_id for two different calls: one of them at most is carried out, and the id belongs to it.
    const id = crypto.randomUUID();
    const other = await must(clients[0], AUTHOR, 'CreateRequest', draft(`并发测试 ${round} 之二`));
    const reused = await all((client, i) =>
      call(client, AUTHOR, 'WithdrawRequest', { name: other.name, reason: i % 2 === 0 ? '不再需要' : '重复', request_id: id }));
    say({ what: 'request_id reused', name: other.name, ...tally(reused) });
  }
}

async function load(requests) {
  let done = 0;
  await all(async (client, i) => {
    for (let n = 0; n < requests; ++n) {
      const made = await must(client, AUTHOR, 'CreateRequest', draft(`负载 ${i}-${n}`));
      const submitted = await must(client, AUTHOR, 'SubmitRequest', { name: made.name, etag: made.etag });
      say({ what: 'submitted', name: submitted.name, number: submitted.number, done: ++done });
    }
  });
}

const [mode, count] = process.argv.slice(2);
({ hammer, load })[mode](Number(count)).then(
  () => clients.forEach((client) => client.close()),
  (error) => {
    console.error(error);
    process.exit(1);
  });
