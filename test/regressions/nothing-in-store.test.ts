import * as assert from 'uvu/assert';
import { made, write } from '../cli/cassettes.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('a run that recorded nothing into a store');
const project = new Project();
project.link('better-sqlite3');
project.write('nothing.mjs', '');
test.after(() => project.remove());

for (const address of ['file.json', 'sqlite:none.db', 'sqlite:some.db#none']) {
  test(`${address} is missing to check where it was to be replayed, and to prune is nothing to prune`, async () => {
    const other = await write(project, 'other.json', made({ body: 'x' }));
    assert.is((await project.interposition(['copy', other, 'sqlite:some.db#other'])).code, 0);
    const report = `${address.replace(/\W/g, '-')}.report`;
    const run = (mode: string) =>
      project.interposition([mode, '--cassette', address, '--', process.execPath, 'nothing.mjs'], {
        env: { INTERPOSITION_REPORT: project.path(report) },
      });
    assert.is((await run('record')).code, 0);
    const recorded = await project.interposition(['check', report]);
    assert.equal([recorded.code, recorded.stderr], [0, '']);
    assert.is((await run('auto')).code, 0);
    const replayed = await project.interposition(['check', report]);
    assert.equal([replayed.code, replayed.stderr], [1, '']);
    assert.match(replayed.stdout, '1 cassettes that were replayed and are not here');
    const pruned = await project.interposition(['prune', '--used', report]);
    assert.equal(pruned, { code: 0, signal: null, stdout: '', stderr: '' });
  });
}

test.run();
