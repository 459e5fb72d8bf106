"""Pass on what an Arduino says, line by line, as OSC: `python serial_to_osc.py /dev/ttyACM0`.

A line is an address and numbers, such as "/z/0 0.25". Without a port it lists those there are.
pip install -r requirements.txt
"""

import argparse
import math
import sys

import serial
from pythonosc.udp_client import SimpleUDPClient
from serial.tools import list_ports


def message(line: bytes) -> tuple[str, list[float]] | None:
    """The address and the numbers of a line; None for what is none, such as half a line."""
    address, *words = line.decode("ascii", "replace").split() or [""]
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    ok = address.startswith("/") and address.isprintable() and all(map(math.isfinite, numbers))
    return (address, numbers) if ok else None


def main() -> int:
    parser = argparse.ArgumentParser(description="Pass on an Arduino's lines as OSC.")
    parser.add_argument("port", nargs="?", help="such as /dev/ttyACM0, /dev/cu.usbmodem1, COM3")
    parser.add_argument("--host", default="127.0.0.1", help="where Taxiway runs")
    parser.add_argument("--osc-port", type=int, default=57100)
    asked = parser.parse_args()
    if asked.port is None:
        for found in list_ports.comports():
            print(found.device, found.description)
        return 0
    taxiway = SimpleUDPClient(asked.host, asked.osc_port)
    try:
        with serial.Serial(asked.port, 115200) as arduino:
            print(f"Listening to {asked.port}; Ctrl-C ends.", flush=True)
            while line := arduino.readline():
                if found := message(line):
                    taxiway.send_message(*found)
                elif line.strip():
                    print(f"Not understood: {line!r}", flush=True)
    except serial.SerialException as error:
        print(f"{asked.port} cannot be read: {error}")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
