#!/usr/bin/env node
import { runNodeJs } from "@bufbuild/protoplugin";
import { protocGenAmeidePython } from "../dist/plugin_python.js";

runNodeJs(protocGenAmeidePython);
