// Three knobs and a button play Taxiway: an Arduino sends their numbers as lines of text, and
// serial_to_osc.py passes them on as OSC.
//
//   knobs (potentiometers, 10 kOhm): outer legs at 5V and GND, middle legs at A0, A1, A2
//   button: between pin 2 and GND
//
// A line is an OSC address and a number: "/z/0 0.25". To play something else, send another address.

const int KNOBS[] = {A0, A1, A2};
const char *ADDRESSES[] = {"/truncation", "/z/0", "/z/1"};
const float LEAST[] = {0.0, -2.0, -2.0};
const float MOST[] = {1.0, 2.0, 2.0};
const int BUTTON = 2;

int last[] = {-100, -100, -100};
bool wasDown = false;

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON, INPUT_PULLUP);
}

void loop() {
  for (int k = 0; k < 3; k++) {
    int now = analogRead(KNOBS[k]);  // 0 to 1023
    if (abs(now - last[k]) < 4) continue;  // a knob at rest trembles by a step or two
    last[k] = now;
    Serial.print(ADDRESSES[k]);
    Serial.print(' ');
    Serial.println(LEAST[k] + (MOST[k] - LEAST[k]) * now / 1023.0, 3);
  }
  bool isDown = digitalRead(BUTTON) == LOW;
  if (isDown && !wasDown) Serial.println("/random");
  wasDown = isDown;
  delay(15);
}
