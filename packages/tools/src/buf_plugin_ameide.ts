#!/usr/bin/env node
// oxlint-disable-next-line import/no-unassigned-import -- it is a program, in one file
import "@ameideio/buf-plugin-ameide";
