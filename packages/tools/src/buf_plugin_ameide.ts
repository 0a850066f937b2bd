#!/usr/bin/env node
import "@ameideio/buf-plugin-ameide";
