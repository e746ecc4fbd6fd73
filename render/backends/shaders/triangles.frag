#version 330
flat in float number;
in vec3 barycentric;
in float distance_along_axis;
out vec4 seen;

void main() {
    seen = vec4(number, barycentric.xy, distance_along_axis);
}
