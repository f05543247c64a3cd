import { testIntegration } from './integration.js';

// The flag is for the sample's ES modules, and not for the integration.
const jest = (...args: string[]) => ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...args];

testIntegration('jest', { sample: 'jest', command: jest, concurrent: true });
