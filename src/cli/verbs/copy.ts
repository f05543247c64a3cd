import { Command } from 'commander';
import { addedLine, addTo } from '../added.js';
import { cassetteAt, readCassette } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import type { Verb } from '../program.js';

/** `interposition copy`: brings a cassette to another store. */
export const copy: Verb = (terminal, finish) =>
  new Command('copy')
    .description(
      'Copy a cassette to another file or store, which is made where it is missing. What is there stays; what it has ' +
        'already is not added again, so that a copy that was stopped goes on where it is begun once more.',
    )
    .argument('<from>', 'a file, or sqlite:PATH, redis://HOST/PREFIX, s3://BUCKET/PREFIX')
    .argument('<to>', 'another one')
    .action(async (from: string, to: string) => {
      const [source, target] = [cassetteAt(from, terminal), cassetteAt(to, terminal)];
      if (source.location === target.location) {
        throw new CommandError(`${source.location} is both what is copied and where it goes.`);
      }
      const { interactions } = await readCassette(source);
      const added = await terminal.progress('copying', interactions.length, (told) =>
        addTo(target, interactions, told),
      );
      terminal.out(addedLine(target.location, added, interactions.length));
      finish(EXIT.done);
    });
