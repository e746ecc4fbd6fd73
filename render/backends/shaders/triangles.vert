#version 330
// Corners of triangles by their number: vertices are fetched, since barycentrics need each triangle's corners apart.
uniform usampler2D corners;  // three vertices and the mesh of each triangle
uniform sampler2D points;
uniform mat4 world_to_clip;
uniform vec2 squeeze;  // the grid reaches half a sample beyond the picture
flat out float number;
out vec3 barycentric;
out float distance_along_axis;

void main() {
    int triangle = gl_VertexID / 3, which = gl_VertexID - 3 * triangle;
    uvec4 corner = texelFetch(corners, ivec2(triangle & 1023, triangle >> 10), 0);
    int vertex = int(which == 0 ? corner.x : which == 1 ? corner.y : corner.z);
    vec3 point = texelFetch(points, ivec2(vertex & 1023, vertex >> 10), 0).xyz;
    number = float((int(corner.w) << 18) | triangle);
    barycentric = vec3(which == 0, which == 1, which == 2);
    gl_Position = world_to_clip * vec4(point, 1.0);
    distance_along_axis = gl_Position.w;
    gl_Position.xy *= squeeze;
}
