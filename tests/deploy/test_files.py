"""The files in `deploy/`: read by what reads them, their flags taken by the real parser."""

import argparse
import ipaddress
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy_files import DEPLOY
from taxiway import cli
from taxiway.commands import host, run
from taxiway.engine.cluster import machines

CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
SERVICES = ("taxiway.service", "taxiway-host.service")


def parsed(words: list[str]) -> argparse.Namespace:
    """What the command line makes of `taxiway WORDS`; a flag that there is not ends the test."""
    given, rest = cli.parser(words).parse_known_args(words)
    assert rest == [] or given.module is run, rest
    assert not [word for word in rest if word.startswith("-")], rest
    return given


def directives(name: str) -> list[str]:
    joined = CONTAINERFILE.replace("\\\n", " ")
    found = re.findall(rf"^{name} +(.*)$", joined, re.MULTILINE)
    assert found, name
    return found


def listed(text: str) -> list[str]:
    words: list[str] = yaml.safe_load(text)
    return words


def test_the_container_runs_unprivileged_and_says_how_it_is() -> None:
    assert directives("USER") == ["10001:10001"]
    assert directives("VOLUME") == ["/data"]
    assert directives("STOPSIGNAL") == ["SIGTERM"]
    assert "HEALTH" in directives("HEALTHCHECK")[0]
    assert "/data" in directives("ENV")[0]
    assert listed(directives("ENTRYPOINT")[0]) == ["taxiway"]
    given = parsed(listed(directives("CMD")[0]))
    assert (given.host, given.log, given.metrics_port) == ("0.0.0.0", "json", ("0.0.0.0", 9464))
    assert given.stop_seconds < 10, "the patience of docker stop"
    (extras,) = re.findall(r"^ARG EXTRAS=(.*)$", CONTAINERFILE, re.MULTILINE)
    known = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    assert all(re.search(rf"^{extra} = \[", known, re.MULTILINE) for extra in extras.split(","))
    assert "torch" not in extras


def test_compose_and_its_files_fit_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = compose["services"]
    taxiway, caddy = services["taxiway"], services["caddy"]
    given = parsed([re.sub(r"\$\{.*\}", "models.example.org", w) for w in taxiway["command"]])
    assert given.module is host
    assert taxiway["read_only"] is True
    assert taxiway["cap_drop"] == ["ALL"]
    assert given.behind_proxy == caddy["networks"]["inside"]["ipv4_address"]
    # Engines give the first addresses to whoever starts first, which is not Caddy.
    (network,) = compose["networks"]["inside"]["ipam"]["config"]
    inside = ipaddress.ip_network(network["subnet"])
    assert inside[100] < ipaddress.ip_address(given.behind_proxy) < inside[-1]
    assert given.stop_seconds < int(taxiway["stop_grace_period"].rstrip("s"))
    assert f"{taxiway['hostname']}:{given.port}" in (DEPLOY / "Caddyfile").read_text("utf-8")
    assert taxiway["environment"]["HEALTH"].endswith(f":{given.port}/healthz")
    (target,) = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert target["static_configs"][0]["targets"] == [f"{taxiway['hostname']}:9464"]
    assert given.metrics_port == ("0.0.0.0", 9464)
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (DEPLOY / volume.partition(":")[0]).is_file(), volume
        assert service["logging"]["options"]["max-file"] == "5", name


@pytest.mark.skipif(shutil.which("caddy") is None, reason="needs caddy")
def test_caddy_takes_its_file(tmp_path: Path) -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"]
    kept = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    given = {**os.environ, "DOMAIN": "models.example.org", **kept}
    said = subprocess.run(command, capture_output=True, text=True, env=given, timeout=60)
    assert "Valid configuration" in said.stdout + said.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_the_systemd_unit_starts_what_there_is_and_has_time_to_stop(name: str) -> None:
    unit = (DEPLOY / name).read_text("utf-8")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    program, *words = shlex.split(line)
    assert program == "/opt/taxiway/bin/taxiway"
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert parsed(words).stop_seconds < int(patience)


def test_the_unit_of_a_cluster_lets_in_its_network_alone() -> None:
    unit = (DEPLOY / "taxiway-cluster.service").read_text("utf-8")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    given = parsed(shlex.split(line)[1:])
    assert len(str(given.folder)) <= machines.LONGEST_FOLDER
    (network,) = re.findall(r"^IPAddressAllow=localhost (.*)$", unit, re.MULTILINE)
    assert ipaddress.ip_address(given.host) in ipaddress.ip_network(network)
    assert "IPAddressDeny=any" in unit
    assert f"network = {network}" in (DEPLOY / "cluster.nft").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    names = (*SERVICES, "taxiway-cluster.service")
    for name in names:
        unit = (DEPLOY / name).read_text("utf-8").replace("/opt/taxiway/bin/taxiway", "/bin/true")
        (tmp_path / name).write_text(unit, "utf-8")
    files = [str(tmp_path / name) for name in names]
    verify = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    said = [line for line in verify.stderr.splitlines() if any(name in line for name in names)]
    assert (verify.returncode, said) == (0, [])


def test_the_mac_s_and_the_windows_file_start_what_there_is() -> None:
    agent: dict[str, Any] = plistlib.loads((DEPLOY / "org.taxiway.run.plist").read_bytes())
    program, *words = agent["ProgramArguments"]
    assert program.endswith("/bin/taxiway")
    assert parsed(words).stop_seconds < agent["ExitTimeOut"]
    assert agent["RunAtLoad"] is agent["KeepAlive"] is True
    service = xml.parse(DEPLOY / "taxiway-windows.xml").getroot()
    said = {each.tag: each.text or "" for each in service}
    assert said["executable"].endswith("taxiway.exe")
    assert parsed(said["arguments"].split()).stop_seconds < float(said["stoptimeout"].split()[0])
