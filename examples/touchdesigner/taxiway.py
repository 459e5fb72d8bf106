# Taxiway in TouchDesigner. Put this text into a Text DAT and choose Run Script: it makes what it
# needs beside that DAT, once, and may be run again. No file of another kind is needed.
#
#   taxiway_sliders   four sliders as channels, -1 to 1 ...
#   taxiway_out       ... which go to /truncation and /z/0, /z/1, /z/2 as OSC, when they move
#   taxiway_in        how the controls stand, whoever moves them (/subscribe)
#   taxiway_picture   the picture, as a page (/output); a Video Stream In TOP at /stream.mjpg, or
#                     NDI, OMT and Spout, are quicker: see docs/outputs.md
#
# From any script afterwards: op('taxiway_dat').sendOSC('/preset', [3, 2.5])

HOST, OSC_PORT, BACK_PORT, PAGE = "127.0.0.1", 57100, 9000, "http://127.0.0.1:8000/output"
ADDRESSES = ["truncation", "z/0", "z/1", "z/2"]


def made(kind, name, x, y):
    """The operator of that name, made if it is not there."""
    found = parent().op(name) or parent().create(kind, name)
    found.nodeX, found.nodeY = me.nodeX + x, me.nodeY + y
    return found


sliders = made(constantCHOP, "taxiway_sliders", 0, -150)
for k, address in enumerate(ADDRESSES):
    sliders.seq.const[k].par.name = address
    sliders.seq.const[k].par.value = 0.8 if address == "truncation" else 0

out = made(oscoutCHOP, "taxiway_out", 200, -150)
out.par.netaddress, out.par.port = HOST, OSC_PORT
out.inputConnectors[0].connect(sliders)

words = made(oscoutDAT, "taxiway_dat", 200, -300)
words.par.address, words.par.port = HOST, OSC_PORT

back = made(oscinCHOP, "taxiway_in", 200, -450)
back.par.port = BACK_PORT

picture = made(webrenderTOP, "taxiway_picture", 400, -150)
picture.par.url = PAGE

words.sendOSC("/subscribe", [BACK_PORT])
words.sendOSC("/seed", [7])
words.sendOSC("/z/16-19", [0.5])
