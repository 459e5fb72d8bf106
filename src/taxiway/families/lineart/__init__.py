"""Line drawings of photographs, by an operator."""
