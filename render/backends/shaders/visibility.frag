#version 330
in vec3 corner;
in float distance_along_axis;
out vec4 seen;

void main() {
    seen = vec4(float(gl_PrimitiveID), corner.xy, distance_along_axis);
}
