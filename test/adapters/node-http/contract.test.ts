import http from 'node:http';
import { adapterContract } from '../../contract/adapter-contract.js';
import { suite } from '../../support/suite.js';
import { nodeClient } from './client.js';

const test = suite('the contract of adapters, node:http');

const pool = new http.Agent({ keepAlive: true });
test.after(() => pool.destroy());

adapterContract(test, [
  nodeClient('http.request'),
  nodeClient('http.request with a pool', { agent: pool }),
  nodeClient('http.request without a pool', { agent: false }),
]);

test.run();
