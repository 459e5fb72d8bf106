"""Arduino over a pretended serial line; Unity and openFrameworks as texts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from examples.conftest import EXAMPLES, TOLD
from examples.pictures import decoded
from interop.engineio_clients import until
from interop.test_osc_patches import refused
from interop.test_osc_programs import running, said, server, value

INO = (EXAMPLES / "arduino" / "taxiway" / "taxiway.ino").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows pretends no serial lines.")
async def test_what_an_arduino_says_is_played() -> None:
    board, line = os.openpty()
    script = str(EXAMPLES / "arduino" / "serial_to_osc.py")
    async with server() as (session, port):
        words = [script, os.ttyname(line), "--osc-port", str(port)]
        async with running(sys.executable, *words, PYTHONUNBUFFERED="1") as output:
            await said(output, f"Listening to {os.ttyname(line)}; Ctrl-C ends.")
            os.write(board, b"uncation 0.9\r\n/z/0 1.500\r\n/z/1 nan\r\n/truncation 0.250\r\n")
            await said(output, "Not understood: b'/z/1 nan\\r\\n'")
            await until(lambda: value(session, "truncation") == 0.25)
            assert value(session, "z")[0] == 1.5
            before = value(session, "z").copy()
            os.write(board, b"/random\r\n")
            await until(lambda: not np.array_equal(value(session, "z"), before))
    os.close(board)
    os.close(line)


def test_a_port_that_is_not_there_is_one_sentence() -> None:
    command = [sys.executable, str(EXAMPLES / "arduino" / "serial_to_osc.py"), "/dev/nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout.startswith("/dev/nothing cannot be read: ")
    assert done.stderr == ""


async def test_the_boards_program_says_what_is_taken() -> None:
    [listed] = re.findall(r"ADDRESSES\[\] = \{(.*?)\}", INO)
    addresses = re.findall(r'"(/[^"]+)"', listed)
    [least], [most] = (re.findall(rf"{name}\[\] = \{{(.*?)\}}", INO) for name in ("LEAST", "MOST"))
    messages: list[tuple[str, list[Any]]] = [("/random", [])]
    for ends in (least, most):
        messages += zip(addresses, [[float(each)] for each in ends.split(",")], strict=True)
    refusals, controls = await refused(messages)
    assert refusals == []
    assert controls["truncation"] == 1
    assert 'println("/random")' in INO


def test_unity_asks_what_is_answered(address: str) -> None:
    text = (EXAMPLES / "unity" / "Taxiway.cs").read_text()
    assert text.count("{") == text.count("}")
    assert TOLD in text
    names = re.findall(r"class Question \{ (.*?) \}", text)[0]
    fields = re.findall(r"public \w+ (\w+);", names)
    assert fields == ["seed", "truncation"]
    answer = httpx.post(f"{address}/query", json=dict.fromkeys(fields, 1), timeout=60).json()
    assert list(answer) == ["image"]
    assert decoded(answer["image"]).size == (256, 256)
    wrong = httpx.post(f"{address}/query", json={"seed": "x"}, timeout=60).json()
    assert re.findall(r"public string image; public string (\w+);", text)[0] in wrong


def test_openframeworks_asks_what_is_answered(address: str) -> None:
    text = (EXAMPLES / "openframeworks" / "src" / "ofApp.cpp").read_text()
    assert TOLD in (EXAMPLES / "openframeworks" / "src" / "ofApp.h").read_text()
    names = re.findall(r"[?&](\w+)=", text)
    asked = re.findall(r'address \+ "(/[\w.]+)\?', text)[0]
    answer = httpx.get(f"{address}{asked}", params={names[0]: 5, names[1]: 0.5}, timeout=60)
    assert names == ["seed", "truncation"]
    assert answer.headers["content-type"] == "image/jpeg"


def test_openframeworks_compiles_with_stand_ins(tmp_path: Path) -> None:
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("There is no compiler of C++ here.")
    (tmp_path / "ofMain.h").write_text(STAND_INS)
    sources = map(str, sorted((EXAMPLES / "openframeworks" / "src").glob("*.cpp")))
    command = [compiler, "-std=c++17", "-fsyntax-only", "-Wall", "-Werror", "-I", str(tmp_path)]
    done = subprocess.run(
        [*command, *sources], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr


STAND_INS = """
#pragma once
#include <cmath>
#include <string>
struct ofBuffer {};
struct ofHttpResponse { int status; ofBuffer data; };
struct ofImage {
    bool load(const ofBuffer &);
    bool isAllocated() const;
    void draw(float, float, float, float) const;
};
struct ofBaseApp {
    virtual ~ofBaseApp() {}
    virtual void setup() {}
    virtual void draw() {}
    virtual void exit() {}
    virtual void keyPressed(int) {}
};
enum ofWindowMode { OF_WINDOW };
void ofSetupOpenGL(int, int, ofWindowMode);
int ofRunApp(ofBaseApp *);
void ofSetWindowShape(int, int);
template <class T> void ofRegisterURLNotification(T *);
template <class T> void ofUnregisterURLNotification(T *);
int ofLoadURLAsync(const std::string &);
template <class T> std::string ofToString(const T &, int precision = 7);
int ofGetMouseX();
int ofGetWidth();
int ofGetHeight();
float ofMap(float, float, float, float, float, bool);
float ofRandom(float);
void ofDrawBitmapStringHighlight(const std::string &, int, int);
"""
"""What the example uses of openFrameworks 0.12, as its reference declares it."""
