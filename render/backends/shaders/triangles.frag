#version 330
// Nothing is interpolated: that is most of what small triangles cost. Who needs more takes it from the triangle.
uniform int first;  // triangles drawn before these
flat in float mesh;
out vec2 seen;

void main() {
    seen = vec2(float((int(mesh) << 18) | (first + gl_PrimitiveID)), gl_FragCoord.z);
}
