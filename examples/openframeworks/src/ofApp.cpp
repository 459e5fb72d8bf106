#include "ofApp.h"

void ofApp::setup() {
	ofSetWindowShape(512, 512);
	ofRegisterURLNotification(this);
}

void ofApp::exit() {
	ofUnregisterURLNotification(this);
}

// The picture itself, as a file: its inputs stand in the address.
void ofApp::ask() {
	isWaiting = true;
	asked = truncation;
	askedSeed = seed;
	ofLoadURLAsync(address + "/generate.jpg?seed=" + ofToString(seed) + "&truncation=" + ofToString(truncation, 2));
}

void ofApp::urlResponse(ofHttpResponse &response) {
	isWaiting = false;
	problem = response.status == 200 ? "" : "No picture came. Is Taxiway running at " + address + "?";
	if (response.status == 200) picture.load(response.data);
}

void ofApp::draw() {
	if (ofGetMouseX() > 0) truncation = ofMap(ofGetMouseX(), 0, ofGetWidth(), 0, 1, true);
	// One question at a time, and only when something has changed.
	if (!isWaiting && (seed != askedSeed || std::abs(truncation - asked) > 0.01)) ask();
	if (picture.isAllocated()) picture.draw(0, 0, ofGetWidth(), ofGetHeight());
	ofDrawBitmapStringHighlight("truncation " + ofToString(truncation, 2) + " " + problem, 12, 24);
}

void ofApp::keyPressed(int key) {
	if (key == ' ') seed = int(ofRandom(1000000));
}
