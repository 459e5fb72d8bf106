#pragma once
#include "ofMain.h"

// Taxiway in openFrameworks: the mouse moves truncation, the space bar brings another picture.
class ofApp : public ofBaseApp {
public:
	void setup() override;
	void draw() override;
	void exit() override;
	void keyPressed(int key) override;
	void urlResponse(ofHttpResponse &response);

private:
	void ask();

	const std::string address = "http://localhost:8000"; // where the terminal says Taxiway is
	ofImage picture;
	std::string problem;
	int seed = 1;
	float truncation = 0.8, asked = -1;
	int askedSeed = -1;
	bool isWaiting = false;
};
