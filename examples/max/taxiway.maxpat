{
 "patcher": {
  "fileversion": 1,
  "appversion": {
   "major": 8,
   "minor": 6,
   "revision": 0,
   "architecture": "x64",
   "modernui": 1
  },
  "classnamespace": "box",
  "rect": [
   80.0,
   80.0,
   780.0,
   520.0
  ],
  "boxes": [
   {
    "box": {
     "id": "title",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      30.0,
      16.0,
      393.0,
      22.0
     ],
     "text": "Taxiway: faders, buttons and what comes back (docs/osc.md)"
    }
   },
   {
    "box": {
     "id": "psi",
     "maxclass": "flonum",
     "numinlets": 1,
     "numoutlets": 2,
     "patching_rect": [
      30.0,
      70.0,
      50.0,
      22.0
     ],
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "psi-to",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      30.0,
      110.0,
      139.5,
      22.0
     ],
     "text": "prepend /truncation",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "seed",
     "maxclass": "number",
     "numinlets": 1,
     "numoutlets": 2,
     "patching_rect": [
      180.0,
      70.0,
      50.0,
      22.0
     ],
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "seed-to",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      180.0,
      110.0,
      100.5,
      22.0
     ],
     "text": "prepend /seed",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "z0",
     "maxclass": "flonum",
     "numinlets": 1,
     "numoutlets": 2,
     "patching_rect": [
      300.0,
      70.0,
      50.0,
      22.0
     ],
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "z0-to",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      300.0,
      110.0,
      94.0,
      22.0
     ],
     "text": "prepend /z/0",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "random",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "patching_rect": [
      420.0,
      110.0,
      61.5,
      22.0
     ],
     "text": "/random",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "preset",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "patching_rect": [
      500.0,
      110.0,
      100.5,
      22.0
     ],
     "text": "/preset 3 2.5",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "subscribe",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "patching_rect": [
      620.0,
      110.0,
      113.5,
      22.0
     ],
     "text": "/subscribe 9000",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "whole",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      30.0,
      160.0,
      256.5,
      22.0
     ],
     "text": "a whole z: 512 numbers in one message"
    }
   },
   {
    "box": {
     "id": "bang",
     "maxclass": "button",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      30.0,
      190.0,
      24.0,
      22.0
     ],
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "count",
     "maxclass": "newobj",
     "numinlets": 2,
     "numoutlets": 3,
     "patching_rect": [
      30.0,
      225.0,
      61.5,
      22.0
     ],
     "text": "uzi 512",
     "outlettype": [
      "",
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "draw",
     "maxclass": "newobj",
     "numinlets": 2,
     "numoutlets": 1,
     "patching_rect": [
      30.0,
      260.0,
      87.5,
      22.0
     ],
     "text": "random 6000",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "scale",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      30.0,
      295.0,
      178.5,
      22.0
     ],
     "text": "expr ($i1 - 3000) / 1000.",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "gather",
     "maxclass": "newobj",
     "numinlets": 2,
     "numoutlets": 2,
     "patching_rect": [
      30.0,
      330.0,
      191.5,
      22.0
     ],
     "text": "zl.group 512 @zlmaxsize 512",
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "z-to",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      30.0,
      365.0,
      81.0,
      22.0
     ],
     "text": "prepend /z",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "out",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      30.0,
      430.0,
      165.5,
      22.0
     ],
     "text": "udpsend 127.0.0.1 57100"
    }
   },
   {
    "box": {
     "id": "in",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 1,
     "patching_rect": [
      420.0,
      225.0,
      113.5,
      22.0
     ],
     "text": "udpreceive 9000",
     "outlettype": [
      ""
     ]
    }
   },
   {
    "box": {
     "id": "route",
     "maxclass": "newobj",
     "numinlets": 3,
     "numoutlets": 3,
     "patching_rect": [
      420.0,
      260.0,
      165.5,
      22.0
     ],
     "text": "route /truncation /seed",
     "outlettype": [
      "",
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "psi-now",
     "maxclass": "flonum",
     "numinlets": 1,
     "numoutlets": 2,
     "patching_rect": [
      420.0,
      300.0,
      50.0,
      22.0
     ],
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "seed-now",
     "maxclass": "number",
     "numinlets": 1,
     "numoutlets": 2,
     "patching_rect": [
      520.0,
      300.0,
      50.0,
      22.0
     ],
     "outlettype": [
      "",
      ""
     ]
    }
   },
   {
    "box": {
     "id": "print",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      640.0,
      300.0,
      100.5,
      22.0
     ],
     "text": "print taxiway"
    }
   }
  ],
  "lines": [
   {
    "patchline": {
     "source": [
      "psi",
      0
     ],
     "destination": [
      "psi-to",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "seed",
      0
     ],
     "destination": [
      "seed-to",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "z0",
      0
     ],
     "destination": [
      "z0-to",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "psi-to",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "seed-to",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "z0-to",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "random",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "preset",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "subscribe",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "z-to",
      0
     ],
     "destination": [
      "out",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "bang",
      0
     ],
     "destination": [
      "count",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "count",
      0
     ],
     "destination": [
      "draw",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "draw",
      0
     ],
     "destination": [
      "scale",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "scale",
      0
     ],
     "destination": [
      "gather",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "gather",
      0
     ],
     "destination": [
      "z-to",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "in",
      0
     ],
     "destination": [
      "route",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "route",
      0
     ],
     "destination": [
      "psi-now",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "route",
      1
     ],
     "destination": [
      "seed-now",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "route",
      2
     ],
     "destination": [
      "print",
      0
     ]
    }
   }
  ]
 }
}
